/** The table's operations as functions: each part of the engine carries out its own, and {@link Handlers} joins them. */
import type { OperationName, Params, QueryName, ResultOf, StreamName } from './schema.ts'

export type QueryTable = { readonly [N in QueryName]: (params: Params<N>) => ResultOf<N> }

export type CommandTable = {
  readonly [N in Exclude<OperationName, QueryName | StreamName>]: (params: Params<N>) => Promise<ResultOf<N>>
}

/**
 * Each call is a stream of its own. It ends early when `signal` aborts, whether by returning or by throwing; the caller
 * is then told the signal's reason.
 */
export type StreamTable = {
  readonly [N in StreamName]: (params: Params<N>, signal: AbortSignal) => AsyncIterable<ResultOf<N>>
}

/** What `reachOperations` of the reach returns. */
export interface ReachOperations {
  readonly queries: Pick<QueryTable, 'invites.preview'>
  readonly commands: Pick<
    CommandTable,
    'network.change' | 'network.test' | 'pushNodes.add' | 'pushNodes.test' | 'pushNodes.remove'
  >
}

/** What `profileOperations` of the profiles returns. */
export interface ProfileOperations {
  readonly queries: Pick<QueryTable, 'profile.get' | 'profiles.cached' | 'profiles.history'>
  readonly commands: Pick<CommandTable, 'profile.update' | 'profile.setAvatar' | 'avatars.fetch' | 'presence.set'>
  readonly streams: Pick<StreamTable, 'profiles.fetch'>
}
