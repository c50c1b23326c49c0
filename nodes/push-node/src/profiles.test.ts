import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { createLibp2pNetwork } from '@parley/adapter-network-libp2p'
import {
  blockCid,
  createProfileRecord,
  DAY_MS,
  decodeResponse,
  encodeRequest,
  type MailboxRequest,
  type ProfileFacts,
  type ProfileRecord,
  profileTopic,
} from '@parley/core'
import { type Caller, joinMailbox, macrotask } from '@parley/engine/contract'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startPushNode } from './push-node.ts'
import { quietLog, runProcess } from './testing.ts'

const crypto = await createNodeCrypto()
/** 16 × 12 pixels. */
const PICTURE = new Uint8Array(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAYAAABr5z2BAAAA+ElEQVR4AcySXVUDURCDc/sCEiqhDsABOAAH4AAcgANwAA7AATiohEqAt5Bv58zu9mCg097NTWaS/d386MwHbb3Xzt+69Ieu/K5bv+jOz3r0g558r1ff6M3X+vSFvrzT3lsdfK5fb6ShLk+bIec3osNHtOaa9Ajz30pAM8fCHuwQLIpenJ1FEQtqHcAQYuGIrc9cSM9RCzmyVleguTnEmRkmrDFiJgys1lFANdcmx7JwYglf+esWSmSYFriY6vKLK3EWBQdVAcdiN0HHMjIJBua30FwEmM60xnR0TGzAClEUi4KDvQYBZVNqGXIsNUy3b+P/MziF7+APAAD//+iiLWAAAAAGSURBVAMAMfh3+eE9c0sAAAAASUVORK5CYII=',
    'base64',
  ),
)

let data = ''
const tasks: (() => unknown)[] = []
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'parley-push-'))
})
afterEach(async () => {
  for (const task of tasks.splice(0).toReversed()) await task()
  await rm(data, { recursive: true })
})

async function joinDevice(bootstrap: readonly string[] = []): Promise<Caller> {
  const network = await createLibp2pNetwork({ deviceSeed: randomBytes(32), listen: [], bootstrap, log: quietLog })
  tasks.push(() => network.stop())
  return joinMailbox(network)
}

async function start(options: Partial<Parameters<typeof startPushNode>[0]> = {}) {
  const node = await startPushNode({ data, listen: ['/ip4/127.0.0.1/tcp/0'], log: quietLog, ...options })
  tasks.push(() => node.stop())
  return { ...node, address: node.addresses[0] ?? '' }
}

async function sign(seed: Uint8Array, changes: Partial<ProfileFacts> = {}): Promise<ProfileRecord> {
  const now = Date.now()
  const texts = { name: 'Ann', handle: 'ann', location: '', about: '', extra: {} }
  const none = { avatar: undefined, addresses: [], invite: undefined, previous: undefined }
  const facts = { ...texts, ...none, isPublic: true, sequence: 1, changedAt: now, notAfter: now + DAY_MS, ...changes }
  const made = await createProfileRecord(crypto, seed, facts, now)
  if (!made.ok) throw new Error(made.reason)
  return made.value
}

async function ask({ network }: Caller, address: string, request: MailboxRequest) {
  const bytes = await network.mailbox.request(address, encodeRequest(request), AbortSignal.timeout(10_000))
  const response = decodeResponse(bytes)
  if (response === undefined) throw new Error('not an answer')
  return response
}

describe('profiles at a push node', () => {
  it('[HLD-11] [MBX-7] are kept with their picture, found by anybody, and counted', async () => {
    const node = await start()
    const [ann, ben] = [await joinDevice(), await joinDevice()]
    const avatar = blockCid(PICTURE)
    const seed = randomBytes(32)
    const [first, second] = [await sign(seed, { avatar }), await sign(seed, { avatar, sequence: 2 })]
    const put = (record: ProfileRecord, picture?: Uint8Array) =>
      ask(ann, node.address, { type: 'profile.put', record: record.bytes, avatar: picture })
    expect(await put(first, PICTURE)).toEqual({ type: 'statuses', statuses: ['kept'] })
    expect(await put(second)).toEqual({ type: 'statuses', statuses: ['kept'] })
    expect(await put(first)).toEqual({ type: 'statuses', statuses: ['older'] })
    expect(await put(await sign(randomBytes(32), { isPublic: false }))).toEqual({
      type: 'statuses',
      statuses: ['refused'],
    })
    expect(await ask(ben, node.address, { type: 'profile.get', digests: [randomBytes(32), first.digest] })).toEqual({
      type: 'profiles',
      records: [second.bytes],
    })
    expect(await ask(ben, node.address, { type: 'fetch', cids: [avatar] })).toEqual({
      type: 'blocks',
      blocks: [PICTURE],
    })
    const text = await (await fetch(node.metricsUrl)).text()
    expect(text).toContain('\nparley_push_held_profiles 1\n')
    expect(text).toContain(`\nparley_push_held_bytes ${second.bytes.length + PICTURE.length}\n`)
    expect(text).toContain('\nparley_push_profiles_total{status="kept"} 2\n')
    expect(text).toContain('\nparley_push_profiles_total{status="older"} 1\n')
    expect(text).toContain('\nparley_push_profiles_total{status="refused"} 1\n')
    expect(text).not.toContain(first.account)
  })

  it('[HLD-7] [HLD-11] are there after the process was killed, the newest of them', { timeout: 60_000 }, async () => {
    const device = await joinDevice()
    const before = await runProcess({ data })
    tasks.push(() => before.child.kill('SIGKILL'))
    const address = before.addresses[0] ?? ''
    const seed = randomBytes(32)
    let acknowledged = 0
    const lost = new Promise<void>((resolve) => before.child.once('exit', () => resolve()))
    // one version after the other, so that the process dies in the middle of a put
    const putting = (async () => {
      for (let sequence = 1; ; sequence++) {
        const { bytes } = await sign(seed, { sequence })
        const answer = await ask(device, address, { type: 'profile.put', record: bytes, avatar: undefined })
        expect(answer).toEqual({ type: 'statuses', statuses: ['kept'] })
        acknowledged = sequence
        if (sequence === 50) before.child.kill('SIGKILL')
      }
    })()
    await expect(putting).rejects.toThrow()
    await lost
    expect(acknowledged).toBeGreaterThanOrEqual(50)
    const after = await runProcess({ data })
    tasks.push(async () => {
      after.child.kill('SIGTERM')
      await after.exited
    })
    const again = after.addresses[0] ?? ''
    const last = await sign(seed, { sequence: acknowledged })
    const older = await sign(seed, { sequence: acknowledged - 1 })
    const found = await ask(device, again, { type: 'profile.get', digests: [last.digest] })
    expect(found.type === 'profiles' && found.records).toHaveLength(1)
    expect(await ask(device, again, { type: 'profile.put', record: older.bytes, avatar: undefined })).toEqual({
      type: 'statuses',
      statuses: ['older'],
    })
  })

  it('[HLD-9] are kept without pictures where the operator gives no room', async () => {
    const node = await start({ storageMib: '0' })
    const device = await joinDevice()
    const record = await sign(randomBytes(32), { avatar: blockCid(PICTURE) })
    expect(await ask(device, node.address, { type: 'profile.put', record: record.bytes, avatar: PICTURE })).toEqual({
      type: 'statuses',
      statuses: ['kept'],
    })
    expect(await ask(device, node.address, { type: 'profile.get', digests: [record.digest] })).toEqual({
      type: 'profiles',
      records: [record.bytes],
    })
    expect(await ask(device, node.address, { type: 'fetch', cids: [blockCid(PICTURE)] })).toEqual({
      type: 'refused',
      reason: 'unsupported',
    })
  })

  it('[HLD-14] pushed ones go on when they are good and not older than the one held', { timeout: 30_000 }, async () => {
    const node = await start()
    const [ann, ben] = [await joinDevice([node.address]), await joinDevice([node.address])]
    const seed = randomBytes(32)
    const [first, second] = [await sign(seed), await sign(seed, { sequence: 2 })]
    const topic = profileTopic(first.digest)
    ben.network.profiles.listen(new Set([topic]))
    await ask(ann, node.address, { type: 'profile.put', record: second.bytes, avatar: undefined })
    const forged = second.bytes.slice()
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    const heard = (record: ProfileRecord) =>
      ben.profiles.some((pushed) => Buffer.from(pushed.record).equals(record.bytes))
    // until everybody has met; each record is new, so that none is an echo
    let sequence = 3
    for (let met = false; !met; sequence++) {
      const next = await sign(seed, { sequence })
      ann.network.profiles.push(topic, next.bytes)
      for (let pause = 0; pause < 20 * sequence && !met; pause++) {
        await macrotask()
        met = heard(next)
      }
    }
    const count = ben.profiles.length
    const last = await sign(seed, { sequence: sequence + 1 })
    for (const bytes of [
      forged,
      first.bytes,
      randomBytes(200),
      (await sign(seed, { isPublic: false })).bytes,
      last.bytes,
    ]) {
      ann.network.profiles.push(topic, bytes)
    }
    await ben.until(() => heard(last))
    expect(ben.profiles.slice(count).map(({ record }) => record)).toEqual([last.bytes])
  })
})
