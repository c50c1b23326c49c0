import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLibp2pNetwork } from '@parley/adapter-network-libp2p'
import { joinNetwork } from '@parley/engine/contract'
import type { Member } from '@parley/engine/contract'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startPushNode } from './push-node.ts'
import type { PushNode } from './push-node.ts'
import { quietLog } from './testing.ts'

const tasks: (() => Promise<unknown>)[] = []
let data = ''

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'parley-push-'))
})
afterEach(async () => {
  for (const task of tasks.splice(0).toReversed()) await task()
  await rm(data, { recursive: true })
})

async function start(proxyProtocolFrom: readonly string[]): Promise<PushNode> {
  const listen = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws']
  const node = await startPushNode({ data, listen, log: quietLog, proxyProtocolFrom, relayReservationsPerAddress: '1' })
  tasks.push(() => node.stop())
  return node
}

const portOf = (address: string): number => Number(/\/tcp\/(\d+)/.exec(address)?.[1])

/** A proxy in front of `address` that says `header` first. @returns its address. */
async function proxy(address: string, header: string | Uint8Array): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((from) => {
    const to = connect(portOf(address), '127.0.0.1')
    for (const socket of [from, to]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
    // In two parts, as a network may deliver it.
    to.write(header.slice(0, 9))
    setImmediate(() => {
      to.write(header.slice(9))
      from.pipe(to).pipe(from)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  tasks.push(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const at = server.address()
  return address.replace(/\/tcp\/\d+/, `/tcp/${at !== null && typeof at === 'object' ? at.port : 0}`)
}

/** A device behind the proxy. `refusal`: the push node was reached and gave no place. */
async function joinDevice(address: string): Promise<{ readonly member: Member; readonly refusal: Promise<string> }> {
  const refused = Promise.withResolvers<string>()
  const network = await createLibp2pNetwork({
    deviceSeed: randomBytes(32),
    listen: [],
    bootstrap: [address],
    log: { log: (_level, _message, fields) => fields?.['error'] && refused.resolve(String(fields['error'])) },
  })
  tasks.push(() => network.stop())
  return { member: await joinNetwork(network), refusal: refused.promise }
}

const hasPlace = ({ member }: { readonly member: Member }) => member.until(() => member.network.addresses().length > 0)

const from = (address: string): string => `PROXY TCP4 ${address} 192.0.2.1 1234 4001\r\n`

describe('a push node behind a proxy', () => {
  it('[PUSH-10] counts the address that the proxy names, over TCP and WebSocket', async () => {
    const node = await start(['127.0.0.0/8'])
    for (const [index, address] of node.addresses.entries()) {
      const place = `203.0.113.${index}`
      await hasPlace(await joinDevice(await proxy(address, from(place))))
      expect(await (await joinDevice(await proxy(address, from(place)))).refusal).toContain('PERMISSION_DENIED')
      const header = Buffer.from('0d0a0d0a000d0a515549540a2111000cc63364000102030404d20fa1', 'hex')
      header[19] = index
      await hasPlace(await joinDevice(await proxy(address, header)))
    }
  })

  it('[PUSH-10] refuses what comes from the proxy without a header', async () => {
    const { addresses } = await start(['127.0.0.1'])
    const [address = ''] = addresses
    const socket = connect(portOf(address), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('\x13/multistream/1.0.0\n')
    await once(socket, 'close')
    expect(socket.bytesRead).toBe(0)
  })
})
