export { createAuth, stepAuth } from './machine.ts'
export type {
  AuthEffect,
  AuthEvent,
  AuthInput,
  AuthLink,
  AuthPorts,
  AuthRefusal,
  AuthRole,
  AuthState,
  AuthTransition,
} from './types.ts'
