/** A client of OpenBazaar 2.0 as it was: REST with its cookie, and one socket. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Daemon } from './daemon.ts'
import { until } from './until.ts'

/** Makes a daemon serve OpenBazaar's API on a port of the system's choice. */
export const OPENBAZAAR_FLAGS: readonly string[] = ['--openbazaar-api', '127.0.0.1:0']

export type Frame = Readonly<Record<string, unknown>>

export interface OldAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** `undefined` when it is no JSON. */
  readonly body: unknown
}

export interface ChatFrame {
  readonly message: string
  readonly messageId: string
  readonly outgoing: boolean
  readonly peerId: string
  readonly read: boolean
  readonly subject: string
  readonly timestamp: string
}

export class OldClient implements Disposable {
  readonly url: string
  readonly cookie: string
  /** `Qm…` of the node. */
  readonly peerId: string
  /** Every frame since the socket opened. */
  readonly frames: Frame[]
  readonly #socket: WebSocket

  private constructor(at: { url: string; cookie: string; peerId: string }, socket: WebSocket, frames: Frame[]) {
    this.url = at.url
    this.cookie = at.cookie
    this.peerId = at.peerId
    this.#socket = socket
    this.frames = frames
  }

  static async open(daemon: Daemon): Promise<OldClient> {
    const url = String(daemon.ready['openbazaarUrl'])
    const cookie = readFileSync(join(daemon.data, 'openbazaar.cookie'), 'utf8').trim()
    const config = await (await fetch(`${url}/ob/config`, { headers: { cookie } })).json()
    const frames: Frame[] = []
    const socket = await openSocket(url, cookie, frames)
    return new OldClient({ url, cookie, peerId: String(fieldOf(config, 'peerID')) }, socket, frames)
  }

  /** Another window of the same program. */
  async window(): Promise<OldClient> {
    const frames: Frame[] = []
    return new OldClient(this, await openSocket(this.url, this.cookie, frames), frames)
  }

  get isConnected(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  say(text: string): void {
    this.#socket.send(text)
  }

  async ask(method: string, path: string, body?: unknown): Promise<OldAnswer> {
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
    const headers = { cookie: this.cookie, 'user-agent': 'OldClient' }
    const response = await fetch(this.url + path, { method, headers, ...(text === undefined ? {} : { body: text }) })
    const answer = await response.text()
    return { status: response.status, headers: response.headers, text: answer, body: parse(answer) }
  }

  get(path: string): Promise<OldAnswer> {
    return this.ask('GET', path)
  }

  post(path: string, body?: unknown): Promise<OldAnswer> {
    return this.ask('POST', path, body)
  }

  /** Sends a chat as the desktop does. @returns the message id. */
  async chat(peerId: string, message: string, subject = ''): Promise<string> {
    const more = { read: false, outgoing: true, processedMessage: message, timestamp: new Date().toISOString() }
    const { status, body, text } = await this.post('/ob/chat/', { subject, message, peerId, ...more })
    if (status !== 200) throw new Error(text)
    return String(fieldOf(body, 'messageId'))
  }

  /** The newest first. */
  async messages(peerId: string, query = ''): Promise<readonly ChatFrame[]> {
    const { body } = await this.get(`/ob/chatmessages/${peerId}${query}`)
    return Array.isArray(body) ? body : []
  }

  async texts(peerId: string, query = ''): Promise<readonly string[]> {
    return (await this.messages(peerId, query)).map(({ message }) => message)
  }

  /** Waits for a frame with this key that `isMeant` accepts. */
  heard(key: string, isMeant: (value: Frame) => boolean = () => true): Promise<Frame> {
    return until(`a ${key} frame`, () => {
      const found = this.frames.map((frame) => frame[key]).find((value) => isFrame(value) && isMeant(value))
      return isFrame(found) ? found : undefined
    })
  }

  /** Waits for word of publishing. */
  heardStatus(): Promise<Frame> {
    return until('a status frame', () => this.frames.find(({ status }) => typeof status === 'string'))
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }
}

async function openSocket(url: string, cookie: string, frames: Frame[]): Promise<WebSocket> {
  // Node's own WebSocket takes headers, which browsers do not.
  const options: object = { headers: { cookie } }
  const socket: WebSocket = Reflect.construct(WebSocket, [`${url.replace('http', 'ws')}/ws`, options])
  socket.addEventListener('message', ({ data }) => {
    const frame: unknown = JSON.parse(String(data))
    if (isFrame(frame)) frames.push(frame)
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error('the socket was refused')))
  })
  return socket
}

const isFrame = (value: unknown): value is Frame => typeof value === 'object' && value !== null && !Array.isArray(value)

export const fieldOf = (value: unknown, key: string): unknown => (isFrame(value) ? value[key] : undefined)

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
