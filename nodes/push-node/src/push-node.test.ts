import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLibp2pNetwork } from '@parley/adapter-network-libp2p'
import type { LogPort } from '@parley/engine'
import { joinNetwork } from '@parley/engine/contract'
import type { Member } from '@parley/engine/contract'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startPushNode } from './push-node.ts'
import type { PushNode } from './push-node.ts'

const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
const log: LogPort = { log: () => undefined }
const tasks: (() => Promise<unknown>)[] = []
let data = ''

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'parley-push-'))
})
afterEach(async () => {
  for (const task of tasks.splice(0).toReversed()) await task()
  await rm(data, { recursive: true })
})

async function start(options: Partial<Parameters<typeof startPushNode>[0]> = {}): Promise<PushNode> {
  const node = await startPushNode({ data, listen: [LOOPBACK], log, ...options })
  tasks.push(() => node.stop())
  return node
}

async function joinDevice(bootstrap: readonly string[], deviceLog = log): Promise<Member> {
  const network = await createLibp2pNetwork({ deviceSeed: randomBytes(32), listen: [], bootstrap, log: deviceLog })
  tasks.push(() => network.stop())
  return joinNetwork(network)
}

interface Answer {
  readonly status: number
  readonly text: string
}

const get = (url: string, { host, method = 'GET' }: { host?: string; method?: string } = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: host === undefined ? {} : { host } }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end()
  })

describe('the key of a push node', () => {
  it('[PUSH-2] is kept in the data folder for its owner alone, and is the peer id', async () => {
    const first = await start()
    await first.stop()
    const path = join(data, 'push-node.key')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readFile(path)).toHaveLength(32)
    const second = await start()
    expect(second.peerId).toBe(first.peerId)
    expect(second.addresses.every((address) => address.endsWith(`/p2p/${first.peerId}`))).toBe(true)
  })

  it('[PUSH-2] is never replaced: a damaged or readable file is refused in words', async () => {
    const path = join(data, 'push-node.key')
    await writeFile(path, new Uint8Array(31), { mode: 0o600 })
    await expect(start()).rejects.toThrow('is damaged: it has 31 bytes, not 32')
    await writeFile(path, new Uint8Array(32))
    await chmod(path, 0o644)
    await expect(start()).rejects.toThrow('Others may read the key')
  })
})

describe('metrics', () => {
  it('[PUSH-3] count what the node does and name nobody', async () => {
    const node = await start()
    const bob = await joinDevice(node.addresses)
    await bob.until(() => bob.network.addresses().length > 0)
    const { status, text } = await get(node.metricsUrl)
    expect(status).toBe(200)
    expect(text).toContain('\nparley_push_relay_reservations 1\n')
    expect(text).toContain('\nparley_push_connections{direction="inbound"} 1\n')
    expect(text).toMatch(/^# TYPE parley_push_relay_circuits gauge$/m)
    expect(text.endsWith('\n')).toBe(true)
    expect(text).not.toContain('12D3KooW')
    expect(text).not.toContain(bob.id)
    expect(await get(node.metricsUrl.replace('/metrics', '/health'))).toEqual({
      status: 200,
      text: '{"status":"ok"}\n',
    })
  })

  it('[PUSH-3] are for this machine only', async () => {
    const node = await start()
    expect(new URL(node.metricsUrl).hostname).toBe('127.0.0.1')
    expect((await get(node.metricsUrl, { host: 'evil.example' })).status).toBe(403)
    expect((await get(node.metricsUrl, { host: 'localhost' })).status).toBe(200)
    expect((await get(node.metricsUrl, { method: 'POST' })).status).toBe(405)
    expect((await get(`${node.metricsUrl}/other`)).status).toBe(404)
    await expect(start({ metricsListen: '0.0.0.0:0' })).rejects.toThrow('is not a loopback address')
  })

  it('[PUSH-3] on a port that is taken stop the start, and nothing is left listening', async () => {
    const node = await start()
    const { port } = new URL(node.metricsUrl)
    const other = { data: join(data, 'other'), metricsListen: `127.0.0.1:${port}` }
    await expect(start(other)).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    const listen = [node.addresses[0]?.replace(/\/p2p\/.*$/, '') ?? '']
    await expect(start({ data: join(data, 'third'), listen })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
  })
})

describe('a push node', () => {
  const places = async (node: PushNode): Promise<readonly string[]> =>
    (await get(node.metricsUrl)).text.split('\n').filter((line) => /^parley_push_relay_re(servations|fused)/.test(line))

  it('[PUSH-1] [PUSH-9] grants one address as many reservations as its operator says, and says no to more', async () => {
    const lines: string[] = []
    const nodeLog: LogPort = { log: (level, message, fields) => lines.push(JSON.stringify([level, message, fields])) }
    const node = await start({ relayReservations: '10', relayReservationsPerAddress: '2', log: nodeLog })
    for (let count = 0; count < 2; count++) {
      const member = await joinDevice(node.addresses)
      await member.until(() => member.network.addresses().length > 0)
    }
    const refused = Promise.withResolvers<unknown>()
    const late = await joinDevice(node.addresses, {
      log: (_level, message, fields) => message === 'push node not in order' && refused.resolve(fields?.['error']),
    })
    expect(await refused.promise).toContain('PERMISSION_DENIED')
    expect(await places(node)).toEqual([
      'parley_push_relay_reservations 2',
      'parley_push_relay_reservations_max 10',
      'parley_push_relay_refused_total{reason="address"} 1',
      'parley_push_relay_refused_total{reason="full"} 0',
    ])
    expect(late.network.addresses()).toEqual([])
    expect(lines.filter((line) => line.includes('refused'))).toEqual([
      '["warn","devices were refused a place: their address has all of its places",{"refused":1,"reservations":2}]',
    ])
  })

  it('[PUSH-9] tells a device that all places are taken', async () => {
    const node = await start({ relayReservations: '0' })
    const refused = Promise.withResolvers<unknown>()
    await joinDevice(node.addresses, {
      log: (_level, message, fields) => message === 'push node not in order' && refused.resolve(fields?.['error']),
    })
    expect(await refused.promise).toContain('RESERVATION_REFUSED')
    expect(await places(node)).toContain('parley_push_relay_refused_total{reason="full"} 1')
  })

  it('[PUSH-8] frees the place of a device that leaves, for the next one', async () => {
    const node = await start({ relayReservationsPerAddress: '1' })
    for (let count = 0; count < 3; count++) {
      const network = await createLibp2pNetwork({
        deviceSeed: randomBytes(32),
        listen: [],
        bootstrap: node.addresses,
        log,
      })
      const member = await joinNetwork(network)
      await member.until(() => network.addresses().length > 0)
      await network.stop()
    }
    // Leaving is heard of after the fact, on another connection.
    const isFree = async () => expect(await places(node)).toContain('parley_push_relay_reservations 0')
    await vi.waitFor(isFree, { timeout: 20_000 })
    expect(await places(node)).toContain('parley_push_relay_refused_total{reason="address"} 0')
  })

  it('[PUSH-4] stops within two seconds with devices connected', async () => {
    const node = await start()
    const members = await Promise.all(Array.from({ length: 5 }, () => joinDevice(node.addresses)))
    await Promise.all(members.map((member) => member.until(() => member.network.addresses().length > 0)))
    const startedMs = performance.now()
    await Promise.all([node.stop(), node.stop()])
    expect(performance.now() - startedMs).toBeLessThan(2_000)
    await Promise.all(members.map((member) => member.until(() => member.network.addresses().length === 0)))
    await expect(get(node.metricsUrl)).rejects.toThrow()
  })

  it('[PUSH-4] knows the devices of other push nodes: they are kept connected', async () => {
    const first = await start()
    const second = await start({ data: join(data, 'second'), bootstrap: first.addresses })
    const bob = await joinDevice(first.addresses)
    await bob.until(() => bob.network.addresses().length > 0)
    const alice = await joinDevice(second.addresses)
    await alice.until(() => alice.network.addresses().length > 0)
    await alice.network.connect(bob.id, [], AbortSignal.timeout(20_000))
    await bob.opened(1)
    expect(alice.link.isRelayed).toBe(true)
  })
})
