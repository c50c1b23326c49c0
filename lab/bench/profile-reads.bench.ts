/**
 * Reading profiles at a daemon, as the page does: a hundred that nobody here has seen, in one call; the same again from
 * what is known; one by one. And a change, until a contact's page would show it. Real processes and one push node.
 *
 *     node lab/bench/profile-reads.bench.ts
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { createLibp2pNetwork } from '@parley/adapter-network-libp2p'
import {
  createProfileRecord,
  decodeResponse,
  encodeRequest,
  PROFILE_LIFETIME_MS,
  type CryptoPort,
  type ProfileRecord,
} from '@parley/core'
import { befriend, percentile, report, startDaemon, startPushNode, until } from './daemons.ts'

const PEOPLE = 100
const WARM_READS = 200
const CHANGES = 30
/** More than eight changes in two seconds are told at four a second. PFX-4 */
const CHANGE_PAUSE_MS = 300
const never = new AbortController().signal

await using push = await startPushNode()
const ids = await publishPeople()
const flags = ['--bootstrap', push.address]
await using alice = await startDaemon('Alice', undefined, [], flags)
await using bob = await startDaemon('Bob', undefined, [], flags)
await until(async () => {
  const { infrastructure } = await alice.api.call('network.get', {})
  return infrastructure.some(({ isConnected }) => isConnected) ? true : undefined
})
await measureCold()
await measureWarm()
await measureChanges()

/** People who are away and whose profiles the push node keeps. */
async function publishPeople(): Promise<readonly string[]> {
  const crypto = await createNodeCrypto()
  const people: string[] = []
  for (let index = 0; index < PEOPLE; index++) {
    const record = await person(crypto, index)
    await put(encodeRequest({ type: 'profile.put', record: record.bytes, avatar: undefined }))
    people.push(record.account)
  }
  return people
}

/** Each from a device of its own: a holder keeps few records for one peer. */
async function put(request: Uint8Array): Promise<void> {
  const network = await createLibp2pNetwork({
    deviceSeed: randomBytes(32),
    listen: [],
    bootstrap: [push.address],
    log: { log: () => undefined },
  })
  await network.start({
    onLink: (link) => link.close(),
    onStatus: () => undefined,
    onNetworkChanged: () => undefined,
    onWake: () => undefined,
    onPushNodes: () => undefined,
    onProfile: () => undefined,
  })
  const response = decodeResponse(await network.mailbox.request(push.address, request, never))
  await network.stop()
  if (response?.type === 'statuses' && response.statuses[0] === 'kept') return
  throw new Error(`the push node answered ${JSON.stringify(response)}`)
}

async function person(crypto: CryptoPort, index: number): Promise<ProfileRecord> {
  const now = Date.now()
  const facts = {
    name: `Person ${index}`,
    handle: `person-${index}`,
    location: 'Prague',
    about: 'Buys and sells lenses. '.repeat(10),
    avatar: undefined,
    addresses: [],
    invite: undefined,
    extra: {},
    isPublic: true,
    sequence: 1,
    previous: undefined,
    changedAt: now,
    notAfter: now + PROFILE_LIFETIME_MS,
  }
  const record = await createProfileRecord(crypto, randomBytes(32), facts, now)
  if (!record.ok) throw new Error(record.reason)
  return record.value
}

async function measureCold(): Promise<void> {
  const startedAt = performance.now()
  const at: number[] = []
  for await (const { outcome } of alice.api.stream('profiles.fetch', { ids: [...ids], priority: 'visible' })) {
    if (outcome !== 'found') throw new Error(`a profile was ${outcome}`)
    at.push(performance.now() - startedAt)
  }
  report('cold_first_of_100', at[0] ?? Number.NaN, 'ms', '<= 500')
  report('cold_last_of_100', at.at(-1) ?? Number.NaN, 'ms')
}

async function measureWarm(): Promise<void> {
  const one: number[] = []
  const all: number[] = []
  for (let index = 0; index < WARM_READS; index++) {
    const startedAt = performance.now()
    await alice.api.call('profiles.cached', { ids: [ids[index % PEOPLE] ?? ''] })
    const betweenAt = performance.now()
    await alice.api.call('profiles.cached', { ids: [...ids] })
    one.push(betweenAt - startedAt)
    all.push(performance.now() - betweenAt)
  }
  for (const times of [one, all]) times.sort((a, b) => a - b)
  report('warm_one_p50', percentile(one, 0.5), 'ms over the socket', '<= 1 in the engine')
  report('warm_one_p99', percentile(one, 0.99), 'ms over the socket')
  report('warm_100_p50', percentile(all, 0.5), 'ms over the socket', '<= 20')
  report('warm_100_p99', percentile(all, 0.99), 'ms over the socket')
}

async function measureChanges(): Promise<void> {
  await befriend(alice, bob)
  const times: number[] = []
  const seen = new Map<string, () => void>()
  bob.api.on('profiles.changed', ({ profiles }) => {
    for (const { about } of profiles) seen.get(about)?.()
  })
  for (let index = 0; index < CHANGES; index++) {
    const about = `version ${index}`
    const arrived = new Promise<void>((resolve) => void seen.set(about, resolve))
    const startedAt = performance.now()
    await alice.api.call('profile.update', { about })
    await arrived
    times.push(performance.now() - startedAt)
    await pause(CHANGE_PAUSE_MS)
  }
  times.sort((a, b) => a - b)
  report('change_seen_by_linked_contact_p50', percentile(times, 0.5), 'ms')
  report('change_seen_by_linked_contact_p99', percentile(times, 0.99), 'ms')
}
