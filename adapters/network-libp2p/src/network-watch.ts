/**
 * Notices that the network under us is another one: addresses of this machine came or went, or it slept. Looks every
 * NETWORK_LOOK_MS, which costs tens of microseconds; no system tells both without a program of its own. Spec: NET-31.
 */
import { networkInterfaces } from 'node:os'
import { NETWORK_LOOK_MS, SLEEP_GAP_MS } from '@parley/core'
import type { Cancel } from '@parley/engine'

export type NetworkChange = 'addresses' | 'sleep'

export interface NetworkWatchOptions {
  /** Addresses of this machine that others may see, in any order. */
  readonly addresses: () => readonly string[]
  /** Milliseconds of a clock that goes on while the machine sleeps. */
  readonly now: () => number
  readonly after: (delayMs: number, fire: () => void) => Cancel
  readonly onChange: (change: NetworkChange) => void
}

export interface NetworkWatch {
  start(): void
  stop(): void
}

export function createNetworkWatch({ addresses, now, after, onChange }: NetworkWatchOptions): NetworkWatch {
  let cancel: Cancel = () => undefined
  const look = (before: string, lookedAt: number): void => {
    cancel = after(NETWORK_LOOK_MS, () => {
      const current = signature(addresses())
      const at = now()
      // Whoever slept and woke elsewhere has changed once.
      const change =
        at - lookedAt >= NETWORK_LOOK_MS + SLEEP_GAP_MS ? 'sleep' : current === before ? undefined : 'addresses'
      look(current, at)
      if (change !== undefined) onChange(change)
    })
  }
  return {
    start: () => look(signature(addresses()), now()),
    stop: () => cancel(),
  }
}

const signature = (addresses: readonly string[]): string => addresses.toSorted().join(' ')

/** Every address of an interface that is up, with the interface's name; loopback and link-local ones are left out. */
export function machineAddresses(): readonly string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
    entries.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => `${name} ${address}`),
  )
}
