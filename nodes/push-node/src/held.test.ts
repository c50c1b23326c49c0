import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLibp2pNetwork } from '@parley/adapter-network-libp2p'
import {
  blockCid,
  decodeResponse,
  encodeRequest,
  sealPointer,
  type MailboxRequest,
  type MailboxResponse,
  verifyReceipt,
} from '@parley/core'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import type { NetworkPort } from '@parley/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openHeldForOthers } from './held.ts'
import { startMetrics } from './metrics.ts'
import { startPushNode } from './push-node.ts'
import { quietLog, runProcess } from './testing.ts'

let data = ''
const tasks: (() => unknown)[] = []
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'parley-push-'))
})
afterEach(async () => {
  for (const task of tasks.splice(0).toReversed()) await task()
  await rm(data, { recursive: true })
})

async function joinDevice(): Promise<NetworkPort> {
  const network = await createLibp2pNetwork({ deviceSeed: randomBytes(32), listen: [], bootstrap: [], log: quietLog })
  tasks.push(() => network.stop())
  const ignore = () => undefined
  await network.start({
    onLink: ignore,
    onStatus: ignore,
    onNetworkChanged: ignore,
    onWake: ignore,
    onPushNodes: ignore,
    onProfile: ignore,
  })
  return network
}

async function ask(network: NetworkPort, address: string, request: MailboxRequest): Promise<MailboxResponse> {
  const bytes = await network.mailbox.request(address, encodeRequest(request), AbortSignal.timeout(10_000))
  const response = decodeResponse(bytes)
  if (response === undefined) throw new Error('not an answer')
  return response
}

async function emptyPointer(): Promise<Uint8Array> {
  const secret = { seed: randomBytes(32), payloadKey: randomBytes(32) }
  const facts = { sequence: 1, expiresAt: Date.now() + 60_000, nonce: randomBytes(24) }
  return sealPointer(await createNodeCrypto(), secret, facts, { blocks: [], holders: [] })
}

const nameOf = (block: Uint8Array) => ({ cid: blockCid(block), size: block.length })

describe('what a push node holds', () => {
  it('[HLD-7] is there after the process was killed, if it was acknowledged', { timeout: 60_000 }, async () => {
    const crypto = await createNodeCrypto()
    const device = await joinDevice()
    const first = await runProcess({ data })
    tasks.push(() => first.child.kill('SIGKILL'))
    const address = first.addresses[0] ?? ''
    const acknowledged: Uint8Array[] = []
    const lost = new Promise<void>((resolve) => first.child.once('exit', () => resolve()))
    // Deposits without a pause, so that the process dies in the middle of one.
    const depositing = (async () => {
      for (;;) {
        const blocks = Array.from({ length: 20 }, () => new Uint8Array(randomBytes(2_048)))
        await ask(device, address, { type: 'store', blocks: blocks.map(nameOf) })
        const receipt = await ask(device, address, { type: 'blocks', blocks })
        if (receipt.type !== 'receipt') throw new Error(receipt.type)
        const { cids, expiresAt, signature } = receipt
        expect(await verifyReceipt(crypto, first.peerId, device.peerId, cids, expiresAt, signature)).toBe(true)
        acknowledged.push(...cids)
        if (acknowledged.length === 400) first.child.kill('SIGKILL')
      }
    })()
    await expect(depositing).rejects.toThrow()
    await lost
    expect(acknowledged.length).toBeGreaterThanOrEqual(400)
    const second = await runProcess({ data })
    tasks.push(async () => {
      second.child.kill('SIGTERM')
      await second.exited
    })
    expect(second.peerId).toBe(first.peerId)
    const again = second.addresses[0] ?? ''
    let wanted: readonly Uint8Array[] = acknowledged
    while (wanted.length > 0) {
      const answer = await ask(device, again, { type: 'fetch', cids: wanted })
      const found = answer.type === 'blocks' ? answer.blocks : []
      expect(found.length).toBeGreaterThan(0)
      expect(found.map(blockCid)).toEqual(wanted.slice(0, found.length))
      wanted = wanted.slice(found.length)
    }
  })

  it('[PUSH-3] [HLD-8] is counted, and nobody is named', async () => {
    const node = await startPushNode({ data, listen: ['/ip4/127.0.0.1/tcp/0'], log: quietLog, storageMib: '1' })
    tasks.push(() => node.stop())
    const device = await joinDevice()
    const address = node.addresses[0] ?? ''
    const block = new Uint8Array(randomBytes(512))
    await ask(device, address, { type: 'store', blocks: [nameOf(block)] })
    await ask(device, address, { type: 'blocks', blocks: [block] })
    await device.mailbox.request(address, new Uint8Array(3), AbortSignal.timeout(10_000))
    expect(await ask(device, address, { type: 'info' })).toEqual({
      type: 'info',
      workBits: 18,
      bytesFree: 1_048_576 - 512,
      isPushNode: true,
    })
    const text = await (await fetch(node.metricsUrl)).text()
    expect(text).toContain('\nparley_push_held_blocks 1\n')
    expect(text).toContain('\nparley_push_held_bytes 512\n')
    expect(text).toContain('\nparley_push_held_bytes_max 1048576\n')
    expect(text).toContain('\nparley_push_requests_total{type="blocks",outcome="answered"} 1\n')
    expect(text).toContain('\nparley_push_requests_total{type="unknown",outcome="malformed"} 1\n')
    expect(text).toContain('\nparley_push_records_total{status="kept"} 0\n')
    expect(text).toContain('\nparley_push_held_profiles 0\n')
    expect(text).toContain('\nparley_push_profiles_total{status="kept"} 0\n')
    expect(text).toContain('\nparley_push_store_failing 0\n')
    expect(text).toMatch(/^# TYPE parley_push_requests_total counter$/m)
    expect(text).not.toContain(device.peerId)
  })

  it('[HLD-9] is pointers only when the operator gives no room', async () => {
    const limits = { bytesMax: 0, workBits: 18 }
    const held = openHeldForOthers({ data, seed: randomBytes(32), limits, log: quietLog })
    tasks.push(() => held.stop())
    const request = encodeRequest({ type: 'store', blocks: [nameOf(new Uint8Array(512))] })
    const answer = await held.serve('somebody', request)
    expect(answer && decodeResponse(answer)).toEqual({ type: 'refused', reason: 'unsupported' })
    const pointing = await held.serve('somebody', encodeRequest({ type: 'point', records: [await emptyPointer()] }))
    expect(pointing && decodeResponse(pointing)).toEqual({ type: 'statuses', statuses: ['kept'] })
  })

  it('[HLD-7] is for one process alone', async () => {
    const limits = { bytesMax: 1_048_576, workBits: 18 }
    const held = openHeldForOthers({ data, seed: randomBytes(32), limits, log: quietLog })
    tasks.push(() => held.stop())
    await expect(startPushNode({ data, listen: ['/ip4/127.0.0.1/tcp/0'], log: quietLog })).rejects.toMatchObject({
      code: 'STORE_IN_USE',
    })
  })

  const isRoot = process.getuid?.() === 0
  it.runIf(isRoot)('[PUSH-3] [HLD-4] makes the health answer fail while the disk is full', async (context) => {
    const disk = join(data, 'disk')
    await mkdir(disk)
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk])
    if (status !== 0) return context.skip('this system does not let us mount a small disk')
    tasks.push(() => spawnSync('umount', [disk]))
    const limits = { bytesMax: 64 * 1_048_576, workBits: 18 }
    const held = openHeldForOthers({ data: join(disk, 'node'), seed: randomBytes(32), limits, log: quietLog })
    tasks.push(() => held.stop())
    const figures = () => ({
      host: {
        ...{ connectionsInbound: 0, connectionsOutbound: 0, connectionsMax: 1, peers: 0, circuits: 0, dhtPeers: 0 },
        ...{ reservations: 0, reservationsMax: 1, reservationsRefused: { address: 0, full: 0 } },
        stun: { answered: 0, limited: 0, ignored: 0 },
        dialBacks: { reached: 0, unreached: 0, refused: 0 },
      },
      held: held.figures(),
    })
    const metrics = await startMetrics('127.0.0.1:0', { figures, failure: () => held.failure() })
    tasks.push(() => metrics.stop())
    const health = async () => {
      const response = await fetch(metrics.url.replace('/metrics', '/health'))
      return [response.status, await response.text()]
    }
    expect(await health()).toEqual([200, '{"status":"ok"}\n'])
    const acknowledged: Uint8Array[] = []
    let last: MailboxResponse | undefined
    for (let round = 0; round < 20 && last?.type !== 'refused'; round++) {
      const block = new Uint8Array(randomBytes(524_288))
      await held.serve('alice', encodeRequest({ type: 'store', blocks: [nameOf(block)] }))
      const answer = await held.serve('alice', encodeRequest({ type: 'blocks', blocks: [block] }))
      last = answer && decodeResponse(answer)
      if (last?.type === 'receipt') acknowledged.push(...last.cids)
    }
    expect(last).toEqual({ type: 'refused', reason: 'full' })
    expect(await health()).toEqual([503, '{"status":"failing","reason":"STORE_FULL"}\n'])
    expect(await (await fetch(metrics.url)).text()).toContain('\nparley_push_store_failing 1\n')
    for (const cid of acknowledged) {
      const answer = await held.serve('bob', encodeRequest({ type: 'fetch', cids: [cid] }))
      const response = answer && decodeResponse(answer)
      expect(response?.type === 'blocks' ? response.blocks.map(blockCid) : []).toEqual([cid])
    }
    spawnSync('mount', ['-o', 'remount,size=16m', disk])
    expect(await health()).toEqual([200, '{"status":"ok"}\n'])
  })
})
