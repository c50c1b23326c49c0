export { pushNodeConfig } from './config.ts'
export type { PushNodeConfig } from './config.ts'
export { startPushNode } from './push-node.ts'
export type { PushNode, PushNodeOptions } from './push-node.ts'
