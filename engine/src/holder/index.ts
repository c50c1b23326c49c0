export type { HolderQuota } from './accounts.ts'
export type { HolderFigures, HolderOutcome, HolderRequestType } from './figures.ts'
export { createHolder } from './holder.ts'
export type { Holder, HolderLimits, HolderOptions } from './holder.ts'
