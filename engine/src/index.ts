export * from './api/index.ts'
export * from './ports/index.ts'
