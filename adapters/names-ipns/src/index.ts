export { createNameService } from './name-service.ts'
export type { NameServiceOptions } from './name-service.ts'
