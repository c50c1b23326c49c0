export * from './api/index.ts'
export { openEngine } from './engine.ts'
export type { Engine, EngineOptions } from './engine.ts'
export * from './ports/index.ts'
