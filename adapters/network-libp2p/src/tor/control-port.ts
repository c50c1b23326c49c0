/** A connection to Tor's control port that has proven who we are. Spec: TOR-7, TOR-8. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { TOR_ANSWER_TIMEOUT_MS, assert } from '@parley/core'
import { PortError } from '@parley/engine'
import { createControlReader, parseChallenge, parseProtocolInfo, quote } from './control-codec.ts'
import type { ControlReply, ProtocolInfo } from './control-codec.ts'
import { endpointText } from './endpoint.ts'
import type { Endpoint } from './endpoint.ts'

const EVENT = 650
const COOKIE_BYTES = 32
const SERVER_KEY = 'Tor safe cookie authentication server-to-controller hash'
const CLIENT_KEY = 'Tor safe cookie authentication controller-to-server hash'

/** The control port did what it was told, or said why not. */
export class ControlPort {
  /** Told about every event that was asked for with SETEVENTS. */
  onEvent: (event: ControlReply) => void = () => undefined
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #place: string
  readonly #waiting: PromiseWithResolvers<ControlReply>[] = []

  private constructor(socket: Socket, place: string) {
    this.#socket = socket
    this.#place = place
    const closed = Promise.withResolvers<void>()
    this.closed = closed.promise
    const reader = createControlReader()
    socket.on('data', (bytes) => {
      const replies = reader.push(bytes)
      if (replies === undefined) return void socket.destroy()
      for (const reply of replies) this.#take(reply)
    })
    socket.on('error', () => undefined)
    socket.once('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(this.#failure('ended the connection'))
      closed.resolve()
    })
  }

  /**
   * Connects and authenticates: with the password when there is one, otherwise by SAFECOOKIE, otherwise by nothing if
   * Tor wants nothing. The cookie itself never leaves, and only a Tor that knows it gets an answer.
   *
   * @throws PortError `UNREACHABLE` that says in words what is missing.
   */
  static async open(endpoint: Endpoint, password: string | undefined): Promise<ControlPort> {
    const place = endpointText(endpoint)
    const port = new ControlPort(await connected(endpoint, place), place)
    try {
      await port.#authenticate(password)
      return port
    } catch (error) {
      port.close()
      throw error
    }
  }

  /**
   * One command of one line. Commands are answered in order.
   * @throws PortError `UNREACHABLE` when it is refused, not answered in time or not answered in the protocol.
   */
  async command(line: string): Promise<ControlReply> {
    const reply = await this.#ask(line)
    if (reply.code !== 250) throw this.#failure(`refuses ${line.split(' ', 1)[0]}: ${reply.code} ${reply.lines.at(-1)}`)
    return reply
  }

  /** Ends the connection; Tor takes down what was added over it. Idempotent. */
  close(): void {
    this.#socket.destroy()
  }

  async #ask(line: string): Promise<ControlReply> {
    assert(!/[\r\n\0]/.test(line), 'a command is one line')
    if (this.#socket.destroyed) throw this.#failure('ended the connection')
    const waiting = Promise.withResolvers<ControlReply>()
    this.#waiting.push(waiting)
    this.#socket.write(`${line}\r\n`)
    // A reply that comes too late would be taken for that of the next command.
    const timer = setTimeout(() => this.#socket.destroy(), TOR_ANSWER_TIMEOUT_MS)
    try {
      return await waiting.promise
    } finally {
      clearTimeout(timer)
    }
  }

  #take(reply: ControlReply): void {
    if (reply.code === EVENT) return this.onEvent(reply)
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#socket.destroy()
    else waiting.resolve(reply)
  }

  async #authenticate(password: string | undefined): Promise<void> {
    const reply = await this.#ask('PROTOCOLINFO 1')
    const info = reply.code === 250 ? parseProtocolInfo(reply) : undefined
    if (info === undefined) throw this.#failure('does not speak the control protocol')
    const { code, lines } = await this.#ask(`AUTHENTICATE${await this.#proof(info, password)}`)
    if (code === 250) return
    throw password === undefined
      ? this.#failure(`refuses us: ${code} ${lines.at(-1)}`)
      : this.#failure('refuses the control password')
  }

  /** What follows AUTHENTICATE. */
  async #proof({ methods, cookieFile }: ProtocolInfo, password: string | undefined): Promise<string> {
    if (password !== undefined) return ` ${quote(password)}`
    if (methods.includes('SAFECOOKIE') && cookieFile !== undefined) return this.#cookieProof(cookieFile)
    if (methods.includes('NULL')) return ''
    throw this.#failure('wants a password; give the node a file with it')
  }

  async #cookieProof(path: string): Promise<string> {
    const cookie = await readFile(path).catch((cause: unknown) => {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
      const advice = 'Run the node as a member of the group that may read it, or use a control password.'
      throw new PortError('UNREACHABLE', `Tor's control cookie ${path} cannot be read (${code}). ${advice}`, false, {
        cause,
      })
    })
    // Another size is no cookie, and nothing about such a file may be said to whoever named it.
    if (cookie.length !== COOKIE_BYTES) throw this.#failure(`names ${path} as its cookie, which is none`)
    const ours = randomBytes(COOKIE_BYTES)
    const reply = await this.#ask(`AUTHCHALLENGE SAFECOOKIE ${ours.toString('hex')}`)
    const challenge = reply.code === 250 ? parseChallenge(reply) : undefined
    if (challenge === undefined) throw this.#failure('does not prove that it knows its cookie')
    const proofOf = (key: string): Buffer =>
      createHmac('sha256', key).update(cookie).update(ours).update(challenge.nonce).digest()
    if (!timingSafeEqual(challenge.hash, proofOf(SERVER_KEY))) throw this.#failure('does not know its own cookie')
    return ` ${proofOf(CLIENT_KEY).toString('hex')}`
  }

  #failure(what: string): PortError {
    return new PortError('UNREACHABLE', `Tor's control port at ${this.#place} ${what}.`, true)
  }
}

function connected(endpoint: Endpoint, place: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true })
    const settle = (error?: unknown): void => {
      clearTimeout(timer)
      socket.removeAllListeners('error').removeAllListeners('connect')
      if (error === undefined) return resolve(socket)
      socket.on('error', () => undefined)
      socket.destroy()
      reject(error)
    }
    const absent = (cause?: Error): PortError =>
      new PortError(
        'UNREACHABLE',
        `Tor's control port does not answer at ${place}. Its torrc needs the lines "ControlPort ${place}" and "CookieAuthentication 1".`,
        true,
        { cause },
      )
    const timer = setTimeout(() => settle(absent()), TOR_ANSWER_TIMEOUT_MS)
    socket.once('error', (error) => settle(absent(error)))
    socket.once('connect', () => settle())
  })
}
