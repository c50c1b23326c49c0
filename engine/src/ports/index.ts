export type { BlockReaderPort, BlockStoragePort, StorageKind } from './block-storage.ts'
export type { Cancel, ClockPort } from './clock.ts'
export { withDeadline } from './deadline.ts'
export type { LogFields, LogLevel, LogPort } from './log.ts'
export type { MailboxHandlers, MailboxPort, MailboxServer } from './mailbox.ts'
export { LINK_BUFFER_BYTES_MAX } from './network.ts'
export type {
  Link,
  LinkCloseReason,
  LinkHandlers,
  NetworkHandlers,
  NetworkPort,
  NetworkStatus,
  PortMappingStatus,
  PushNodeStatus,
  RelayReason,
} from './network.ts'
export type { LocalTags, PushNodeAnswer, ReachPort } from './reach.ts'
export type { NameServicePort, ProfilePushHandlers, ProfilePushPort } from './profiles.ts'
export { PortError } from './port-error.ts'
export type { PortErrorCode } from './port-error.ts'
export type { SqlRow, SqlValue, StorePort } from './store.ts'

import type { CryptoPort, RandomPort } from '@parley/core'
import type { BlockReaderPort, BlockStoragePort, StorageKind } from './block-storage.ts'
import type { ClockPort } from './clock.ts'
import type { LogPort } from './log.ts'
import type { NetworkPort, NetworkStatus, Reach } from './network.ts'
import type { NameServicePort } from './profiles.ts'
import type { StorePort } from './store.ts'

/** Everything the engine needs from the outside. */
export interface Ports {
  readonly store: StorePort
  readonly clock: ClockPort
  readonly random: RandomPort
  readonly crypto: CryptoPort
  readonly log: LogPort
  /**
   * Lets input of the process (sockets, timers) go before more work of our own; Node: `setImmediate`. Between batches
   * under load. Absent where everything runs on a virtual clock.
   */
  readonly breathe?: () => Promise<void>
  /** The own storage for what waits for others, opened when it is first needed. Absent: push nodes only. */
  readonly storage?: { readonly kind: StorageKind; readonly open: () => Promise<BlockStoragePort> } | undefined
  /** What reads the storage of others, opened when it is first needed. */
  readonly openReaders?: (() => Promise<readonly BlockReaderPort[]>) | undefined
  /** IPNS, opened when there is a public profile to publish or to look up. Absent: own records only. */
  readonly openNames?: (() => Promise<NameServicePort>) | undefined
  /** Made after the device key is known, because the key is the peer id. */
  readonly createNetwork: (deviceSeed: Uint8Array, wish: NetworkWish) => Promise<NetworkPort>
  /** What can be said of the network until it is made. */
  readonly networkAtStart?: Partial<NetworkStatus> | undefined
}

/** What the account wants of its network from the start. */
export interface NetworkWish {
  /** Chosen by the person, or by the caller of the engine. */
  readonly reach: Reach
  /** Push nodes besides those of the configuration: the addresses of one peer each. */
  readonly pushNodes: readonly (readonly string[])[]
}
