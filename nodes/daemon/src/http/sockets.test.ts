import { connectSocket } from '@parley/engine/client'
import { SOCKET_FRAME_BYTES_MAX, SOCKET_UNSENT_BYTES_MAX } from '@parley/engine'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Folder, openScene, type Scene, temporaryFolder } from '../testing.ts'
import { SOCKETS_MAX } from './sockets.ts'

setFlagsFromString('--expose_gc')
const collectGarbage: () => void = runInNewContext('gc')

let folder: Folder
let scene: Scene
beforeAll(async () => {
  folder = temporaryFolder()
  scene = await openScene(folder.path, { name: 'Ada' })
})
afterAll(async () => {
  await scene[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const socketUrl = (): string => `${scene.ready.url.replace('http', 'ws')}/v1/socket`
const client = () => connectSocket(socketUrl(), { token: scene.ready.token })

/** A raw socket after its handshake, or the refusal. */
async function handshake(headers: Record<string, string>): Promise<{ socket: Socket; answer: string }> {
  const { port, host } = new URL(scene.ready.url)
  const socket = connect(Number(port), '127.0.0.1')
  const lines = {
    host,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    ...headers,
  }
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`GET /v1/socket HTTP/1.1\r\n${head.join('')}\r\n`)
  const [data] = await once(socket, 'data')
  return { socket, answer: String(data) }
}

/** A masked frame as RFC 6455 §5.2 wants it from clients; the mask is zero. */
function frame(opcode: number, payload: Buffer, claimedLength = payload.length): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE(BigInt(claimedLength))
  return Buffer.concat([Buffer.of(0x80 | opcode, 0xff), length, Buffer.alloc(4), payload])
}

/** The close code that the node sends, reading past other frames; 0 when it only ends the connection. */
async function closeCode(socket: Socket): Promise<number> {
  let bytes = Buffer.alloc(0)
  let code = 0
  socket.on('data', (part: Buffer) => {
    bytes = Buffer.concat([bytes, part])
    const at = bytes.indexOf(0x88)
    if (at < 0 || bytes.length < at + 4) return
    code = bytes.readUInt16BE(at + 2)
    socket.destroy()
  })
  await once(socket, 'close')
  return code
}

const authorized = () => handshake({ authorization: `Bearer ${scene.ready.token}` })

describe('the handshake', () => {
  it('[API-16] needs the token, as header, sub-protocol or cookie', async () => {
    const { token, url } = scene.ready
    const cases = [
      [{}, '401'],
      [{ authorization: 'Bearer x' }, '401'],
      [{ 'sec-websocket-protocol': 'parley.v1, bearer.x' }, '401'],
      [{ authorization: `Bearer ${token}` }, '101'],
      [{ 'sec-websocket-protocol': `parley.v1, bearer.${token}` }, '101'],
      [{ cookie: `parley-${new URL(url).port}=${token}`, origin: url }, '101'],
    ] as const
    for (const [headers, status] of cases) {
      const { socket, answer } = await handshake(headers)
      expect([headers, answer.split(' ', 2)[1]]).toEqual([headers, status])
      expect(answer).not.toContain(`bearer.${token}`)
      socket.destroy()
    }
  })
  it('[API-15] is refused to other origins, cookie or not', async () => {
    const { token, url } = scene.ready
    const cookie = `parley-${new URL(url).port}=${token}`
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1']) {
      const { socket, answer } = await handshake({ cookie, origin })
      expect(answer).toContain('403')
      socket.destroy()
    }
  })
})

describe('a refused handshake', () => {
  it('[API-16] ends its connection, so that strangers cannot pile them up', async () => {
    const { token } = scene.ready
    for (const headers of [
      {},
      { upgrade: 'h2c' },
      { authorization: `Bearer ${token}`, origin: 'http://evil.example' },
    ]) {
      const { socket } = await handshake(headers)
      await once(socket.resume(), 'end')
      socket.destroy()
    }
  })
})

describe('a client over the socket', () => {
  it('[API-7, API-12] calls, with results and codes', async () => {
    using caller = client()
    const me = await caller.call('me.get', {})
    expect(me.account).toBe(scene.ready.account)
    await expect(caller.call('invites.revoke', { id: 'none' })).rejects.toMatchObject({ code: 'INVITE_NOT_FOUND' })
    const wrong = { link: 7 } as unknown as { link: string }
    await expect(caller.call('contacts.add', wrong)).rejects.toMatchObject({ code: 'INVALID_PARAMETERS' })
  })
  it('[API-8] follows a live query', async () => {
    using caller = client()
    const live = caller.live('invites.list', {})
    const before = await live.whenReady()
    const grown = new Promise<void>((resolve) => {
      live.subscribe(() => {
        if ((live.peek()?.length ?? 0) > before.length) resolve()
      })
    })
    await caller.call('invites.create', {})
    await grown
    live.dispose()
  })
  it('[API-8] is told when a live query cannot be answered', async () => {
    using caller = client()
    const live = caller.live('messages.page', { conversation: 'A'.repeat(43) })
    await expect(live.whenReady()).rejects.toMatchObject({ code: 'CONVERSATION_NOT_FOUND' })
    live.dispose()
  })
  it('[API-20] reads a stream, and is told when its socket was closed under it', async () => {
    using caller = client()
    const ids = [scene.ready.account ?? '']
    const outcomes: string[] = []
    for await (const { outcome } of caller.stream('profiles.fetch', { ids })) outcomes.push(outcome)
    expect(outcomes).toEqual(['found'])
    const wrong = caller.stream('profiles.fetch', { ids: ['nobody'] })[Symbol.asyncIterator]()
    await expect(wrong.next()).rejects.toMatchObject({ code: 'INVALID_PARAMETERS' })
    const many = caller.stream('profiles.fetch', { ids })[Symbol.asyncIterator]()
    scene.daemon.resetSockets()
    const lost = new Promise<void>((resolve) => caller.onState((state) => state === 'lost' && resolve()))
    await lost
    await expect(many.next()).rejects.toMatchObject({ code: 'CLOSED' })
  })
  it('[API-12] comes back after its socket was closed', async () => {
    using caller = client()
    await caller.call('me.get', {})
    const states: string[] = []
    const back = new Promise<void>((resolve) => {
      caller.onState((state) => {
        states.push(state)
        if (state === 'open') resolve()
        if (state === 'lost') caller.reconnect()
      })
    })
    scene.daemon.resetSockets()
    await back
    expect(states).toEqual(['lost', 'connecting', 'open'])
    expect((await caller.call('me.get', {})).account).toBe(scene.ready.account)
  })
})

describe('bad frames', () => {
  it('[API-7] that are larger than allowed close the socket before they are read', async () => {
    const { socket } = await authorized()
    socket.write(frame(1, Buffer.from('{'), SOCKET_FRAME_BYTES_MAX + 1))
    expect(await closeCode(socket)).toBe(1009)
  })
  it('[API-7] that are binary, broken text or no JSON close the socket', async () => {
    for (const [bytes, code] of [
      [frame(2, Buffer.from('{"id":1,"ping":true}')), 1003],
      [frame(1, Buffer.of(0xc3, 0x28)), 1007],
      [frame(1, Buffer.from('hello')), 1007],
      [frame(1, Buffer.from('[]')), 1007],
      [Buffer.of(0x81, 0x01, 0x7b), 1002],
      [Buffer.of(0xf1, 0x80, 0, 0, 0, 0), 1002],
    ] as const) {
      const { socket } = await authorized()
      socket.write(bytes)
      expect([bytes.toString('hex'), await closeCode(socket)]).toEqual([bytes.toString('hex'), code])
    }
  })
  it('[API-7] leave the node and its other sockets as they were', async () => {
    using caller = client()
    await caller.call('me.get', {})
    for (let count = 0; count < 20; count++) {
      const { socket } = await authorized()
      socket.write(randomBytes(512))
      await closeCode(socket)
    }
    expect((await caller.call('me.get', {})).account).toBe(scene.ready.account)
  })
})

describe('a reader that does not read', () => {
  it('[API-10] costs the node a bounded amount of memory', async () => {
    const { socket } = await authorized()
    socket.pause()
    const call = frame(1, Buffer.from('{"id":1,"call":"network.get","params":{}}'))
    const many = Buffer.concat(Array.from({ length: 2_000 }, () => call))
    const beforeBytes = await usedBytes()
    let isTaken = true
    for (let round = 0; round < 50 && isTaken; round++) {
      isTaken = socket.write(many) || (await raceDrain(socket))
    }
    expect(isTaken).toBe(false)
    // What we could not hand over yet is ours, and no cost of the node's.
    expect((await usedBytes()) - socket.writableLength - beforeBytes).toBeLessThan(8 * SOCKET_UNSENT_BYTES_MAX)
    expect((await scene.ask('/v1/status')).status).toBe(200)
    socket.destroy()
  })
})

/** What is still needed once nothing more can be collected: resident memory also has what nobody has collected yet. */
async function usedBytes(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    collectGarbage()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** True when the node took more within the time that a whole burst takes it to answer. */
async function raceDrain(socket: Socket): Promise<boolean> {
  const drained = once(socket, 'drain').then(() => true)
  const asked = Array.from({ length: 50 }, () => scene.ask('/v1/status'))
  return Promise.race([drained, Promise.all(asked).then(() => false)])
}

describe('a peer that does not agree to the end', () => {
  it('[API-10] is cut off', async () => {
    const { socket } = await authorized()
    socket.write(frame(2, Buffer.from('x')))
    socket.resume()
    await once(socket, 'end')
    socket.destroy()
  })
})

describe('many sockets', () => {
  it('[API-10] are limited', async () => {
    const open = await Promise.all(Array.from({ length: SOCKETS_MAX + 8 }, () => authorized()))
    const refused = open.filter(({ answer }) => answer.includes('429'))
    expect(refused.length).toBeGreaterThanOrEqual(8)
    for (const { socket } of open) socket.destroy()
  })
})
