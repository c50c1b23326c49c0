/** What a node sees of Tor, on loopback: a SOCKS port that really connects, a control port with onion services. */
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Socket, createServer } from 'node:net'
import type { Server } from 'node:net'
import { onionServiceId } from '../onion-key.ts'

export interface FakeTorOptions {
  readonly access?: 'cookie' | 'password' | 'open'
  /** A control port that does not know its cookie, as somebody else's would be. */
  readonly isImpostor?: boolean
  /** Whether descriptions of onion services are uploaded at once. Default true. */
  readonly isOnline?: boolean
}

export interface Asked {
  readonly host: string
  readonly port: number
  readonly user: string
}

export const FAKE_PASSWORD = 'a "pass\\word" of letters'
const LOOPBACK = '127.0.0.1'

/** Sockets of this fake, which are not the node's. */
export const socketsOfTor = new WeakSet<Socket>()

export class FakeTor implements AsyncDisposable {
  /** Every connection that somebody asked the SOCKS port for. */
  readonly asked: Asked[] = []
  /** Every line that was said to the control port. */
  readonly commands: string[] = []
  /** Ports on 127.0.0.1 by service id. */
  readonly onions = new Map<string, number>()
  /** Ports on 127.0.0.1 by the name under which an exit finds them. */
  readonly names = new Map<string, number>()
  readonly cookie = randomBytes(32)
  readonly cookiePath = join(tmpdir(), `parley-fake-tor-${randomBytes(8).toString('hex')}`)
  socks = ''
  control = ''
  readonly #options: FakeTorOptions
  readonly #servers: Server[] = []
  readonly #open = new Set<Socket>()
  readonly #controls = new Set<Socket>()
  /** Expanded keys hold no public key: the test says which service each one is. */
  readonly #serviceIdByKey = new Map<string, string>()

  private constructor(options: FakeTorOptions) {
    this.#options = options
  }

  static async start(options: FakeTorOptions = {}): Promise<FakeTor> {
    const tor = new FakeTor(options)
    writeFileSync(tor.cookiePath, tor.cookie, { mode: 0o600 })
    tor.socks = await tor.#listen((socket) => tor.#serveSocks(socket))
    tor.control = await tor.#listen((socket) => tor.#serveControl(socket))
    return tor
  }

  expect(key: { readonly expanded: string; readonly serviceId: string }): void {
    this.#serviceIdByKey.set(key.expanded, key.serviceId)
  }

  /** Ends every control connection, and with them the services, as a restart does. */
  dropControl(): void {
    for (const socket of this.#controls) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    await Promise.all(this.#servers.map(async (server) => (server.close(), once(server, 'close'))))
    rmSync(this.cookiePath, { force: true })
  }

  async #listen(serve: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
      this.#own(socket)
      serve(socket)
    })
    this.#servers.push(server)
    server.listen(0, LOOPBACK)
    await once(server, 'listening')
    const address = server.address()
    return `${LOOPBACK}:${typeof address === 'object' && address !== null ? address.port : 0}`
  }

  #own(socket: Socket): void {
    socketsOfTor.add(socket)
    this.#open.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => this.#open.delete(socket))
  }

  #serveSocks(socket: Socket): void {
    let bytes = Buffer.alloc(0)
    let user = ''
    const take = (length: number): Buffer | undefined => {
      if (bytes.length < length) return undefined
      const taken = bytes.subarray(0, length)
      bytes = bytes.subarray(length)
      return taken
    }
    const stages = [
      (): boolean => take(2 + (bytes[1] ?? 255)) !== undefined && socket.write(Uint8Array.of(5, 2)),
      (): boolean => {
        const userLength = bytes[1] ?? 255
        const login = take(3 + userLength + (bytes[2 + userLength] ?? 255))
        if (login === undefined) return false
        user = login.subarray(2, 2 + userLength).toString()
        return socket.write(Uint8Array.of(1, 0))
      },
      (): boolean => {
        const hostLength = bytes[4] ?? 255
        const request = take(7 + hostLength)
        if (request === undefined) return false
        const host = request.subarray(5, 5 + hostLength).toString()
        this.#connect(socket, { host, port: request.readUInt16BE(5 + hostLength), user })
        return true
      },
    ]
    const read = (data: Buffer): void => {
      bytes = Buffer.concat([bytes, data])
      while (stages[0]?.() === true) stages.shift()
      if (stages.length === 0) socket.off('data', read)
    }
    socket.on('data', read)
  }

  #connect(client: Socket, asked: Asked): void {
    this.asked.push(asked)
    const refuse = (code: number): void => void client.end(Uint8Array.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0))
    const named = this.names.get(asked.host)
    const onion = asked.host.endsWith('.onion') ? this.onions.get(asked.host.slice(0, -'.onion'.length)) : named
    const isLoopback = asked.host.startsWith('127.')
    if (onion === undefined && !isLoopback) return refuse(4)
    const target = new Socket()
    this.#own(target)
    target.once('error', () => refuse(5))
    target.connect(onion ?? asked.port, LOOPBACK, () => {
      client.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0))
      client.pipe(target).pipe(client)
    })
    client.once('close', () => target.destroy())
    target.once('close', () => client.destroy())
  }

  #serveControl(socket: Socket): void {
    this.#controls.add(socket)
    const own: string[] = []
    socket.once('close', () => {
      this.#controls.delete(socket)
      for (const serviceId of own) this.onions.delete(serviceId)
    })
    let text = ''
    let nonces: readonly [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)]
    let isKnown = false
    const answer = (line: string): string => {
      const [name = '', first = '', ...rest] = line.split(' ')
      if (name === 'PROTOCOLINFO') return this.#protocolInfo()
      if (name === 'AUTHCHALLENGE') {
        nonces = [Buffer.from(rest[0] ?? '', 'hex'), randomBytes(32)]
        const hash = this.#options.isImpostor === true ? randomBytes(32) : this.#proof('server-to-controller', nonces)
        const [, nonce] = nonces
        return `250 AUTHCHALLENGE SERVERHASH=${hash.toString('hex')} SERVERNONCE=${nonce.toString('hex')}`
      }
      if (name === 'AUTHENTICATE') {
        isKnown = this.#isProof(line.slice('AUTHENTICATE'.length + 1), nonces)
        return isKnown ? '250 OK' : '515 Authentication failed: Wrong password'
      }
      if (!isKnown) return '514 Authentication required'
      if (name === 'ADD_ONION') return this.#addOnion(first, rest, own, socket)
      if (name === 'DEL_ONION') return this.onions.delete(first) ? '250 OK' : '552 Unknown Onion Service id'
      return name === 'SETEVENTS' ? '250 OK' : `510 Unrecognized command "${name}"`
    }
    socket.on('data', (bytes) => {
      text += bytes.toString()
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        this.commands.push(line)
        socket.write(`${answer(line)}\r\n`)
      }
    })
  }

  #protocolInfo(): string {
    const { access = 'cookie' } = this.#options
    const methods = { cookie: 'COOKIE,SAFECOOKIE', password: 'HASHEDPASSWORD', open: 'NULL' }[access]
    const file = access === 'cookie' ? ` COOKIEFILE="${this.cookiePath}"` : ''
    return `250-PROTOCOLINFO 1\r\n250-AUTH METHODS=${methods}${file}\r\n250-VERSION Tor="0.4.9.11"\r\n250 OK`
  }

  #isProof(proof: string, nonces: readonly [Buffer, Buffer]): boolean {
    const { access = 'cookie' } = this.#options
    if (access === 'open') return proof === ''
    if (access === 'password') return proof === `"${FAKE_PASSWORD.replaceAll(/["\\]/g, (each) => `\\${each}`)}"`
    return proof === this.#proof('controller-to-server', nonces).toString('hex')
  }

  #proof(direction: string, [ours, theirs]: readonly [Buffer, Buffer]): Buffer {
    const hmac = createHmac('sha256', `Tor safe cookie authentication ${direction} hash`)
    return hmac.update(this.cookie).update(ours).update(theirs).digest()
  }

  #addOnion(key: string, parameters: readonly string[], own: string[], socket: Socket): string {
    const [, expanded = ''] = /^ED25519-V3:([A-Za-z0-9+/]{86}==)$/.exec(key) ?? []
    const [, target] = /^Port=4001,127\.0\.0\.1:(\d+)$/.exec(parameters.at(-1) ?? '') ?? []
    if (expanded === '' || target === undefined) return '512 Bad arguments to ADD_ONION'
    const serviceId = this.#serviceIdByKey.get(expanded) ?? onionServiceId(randomBytes(32))
    if (this.onions.has(serviceId)) return '550 Onion address collision'
    this.onions.set(serviceId, Number(target))
    own.push(serviceId)
    if (this.#options.isOnline !== false) {
      setImmediate(() => socket.write(`650 HS_DESC UPLOADED ${serviceId} UNKNOWN $0123~node\r\n`))
    }
    return `250-ServiceID=${serviceId}\r\n250 OK`
  }
}
