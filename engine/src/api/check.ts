/** Parameters from outside against the table, compiled once. Spec: API-3. */
import { Compile } from 'typebox/compile'
import { EngineError, type ErrorCode } from './errors.ts'
import {
  events,
  operations,
  type CallName,
  type CommandName,
  type EventName,
  type OperationName,
  type StreamName,
} from './schema.ts'
import type { CheckedOperation } from './socket-server.ts'

interface Validator {
  Check(value: unknown): boolean
  Errors(
    value: unknown,
  ): readonly { readonly keyword: string; readonly instancePath: string; readonly message: string }[]
}

/** Limits whose breach people meet: they are told in the words of that case. */
const CODES_BY_BREACH: Readonly<Record<string, ErrorCode>> = {
  '/text maxLength': 'TEXT_TOO_LONG',
  '/text minLength': 'TEXT_EMPTY',
  '/link maxLength': 'INVITE_MALFORMED',
}

const isOperation = (name: string): name is OperationName => Object.hasOwn(operations, name)

const isStream = (name: OperationName): name is StreamName => operations[name].kind === 'stream'

const isCommand = (name: CallName): name is CommandName => operations[name].kind === 'command'

export const isEventName = (name: string): name is EventName => Object.hasOwn(events, name)

/**
 * Makes the function that every transport puts between its callers and the engine.
 *
 * It throws EngineError `NOT_FOUND` for a name that is not in the table, and `INVALID_PARAMETERS` (or the closer code of
 * a text or link that is too long) naming the field, never repeating its value.
 */
export function createOperationCheck(): (name: string, params: unknown) => CheckedOperation {
  const validators = new Map<OperationName, Validator>()
  return (name, params) => {
    if (!isOperation(name)) throw new EngineError('NOT_FOUND', `there is no operation of that name`)
    const validator = validators.get(name) ?? Compile(operations[name].params)
    validators.set(name, validator)
    if (!validator.Check(params)) throw refusal(validator, params)
    if (isStream(name)) return { kind: 'stream', name, params }
    return { kind: isCommand(name) ? 'command' : 'query', name, params }
  }
}

function refusal(validator: Validator, params: unknown): EngineError {
  const errors = validator.Errors(params)
  const first = errors.find(({ keyword }) => keyword !== 'boolean') ?? errors[0]
  if (first === undefined) return new EngineError('INVALID_PARAMETERS')
  const code = CODES_BY_BREACH[`${first.instancePath} ${first.keyword}`] ?? 'INVALID_PARAMETERS'
  return new EngineError(code, `${first.instancePath === '' ? 'parameters' : first.instancePath} ${first.message}`)
}
