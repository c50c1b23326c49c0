export { directConversationId } from './direct.ts'
export { chooseHead } from './fork.ts'
export type { CommitNode } from './fork.ts'
