/**
 * Messages of `/v1/socket`, JSON text frames. Requests are answered by `id` in any order. Spec: API-7…API-9.
 *
 * client → server
 *   { id, call: name, params }            → { id, result } | { id, problem }
 *   { id, live: name, params }            → { id, live: result } now and after each change, | { id, problem }
 *   { id, stream: name, params }          → { id, items: [...] } as they are found, then { id, result: null } | { id, problem }
 *   { id, end: liveId | streamId }        → { id, result: null }; nothing with the ended id follows
 *   { id, listen: event }                 → { id, result: null }, then { event, payload } until the socket closes
 *   { id, ping: true }                    → { id, result: null }
 */
import type { Problem } from './errors.ts'
import type { EventName, OperationName, QueryName, StreamName } from './schema.ts'

export type ClientFrame =
  | { readonly id: number; readonly call: OperationName; readonly params: unknown }
  | { readonly id: number; readonly live: QueryName; readonly params: unknown }
  | { readonly id: number; readonly stream: StreamName; readonly params: unknown }
  | { readonly id: number; readonly end: number }
  | { readonly id: number; readonly listen: EventName }
  | { readonly id: number; readonly ping: true }

export type ServerFrame =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly live: unknown }
  | { readonly id: number; readonly items: readonly unknown[] }
  | { readonly id: number; readonly problem: Problem }
  | { readonly event: EventName; readonly payload: unknown }

export const SOCKET_FRAME_BYTES_MAX = 1_048_576
