/** A router that speaks PCP or NAT-PMP: the default gateway, asked by UDP. Spec: NET-14. */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { PORT_MAPPING_LIFETIME_MS, toHex } from '@parley/core'
import {
  decodePortControl,
  encodePcpMap,
  encodePmpAddress,
  encodePmpMap,
  PCP_NONCE_BYTES,
  PORT_CONTROL_PORT,
} from './port-control-codec.ts'
import type { PortControlAnswer } from './port-control-codec.ts'
import { NoAnswer } from './port-mapping.ts'
import type { MappedPort, Router } from './port-mapping.ts'

/** A question is asked again after this, twice as long each time. RFC 6886 §3.1 */
const REPEAT_MS = 250
const REPEATS_MAX = 3
const LIFETIME_S = PORT_MAPPING_LIFETIME_MS / 1_000

export class PortControlRouter implements Router {
  readonly #gateway: string
  readonly #port: number
  readonly #nonce = new Uint8Array(randomBytes(PCP_NONCE_BYTES))
  #mapped: { readonly internal: number; readonly external: number } | undefined

  constructor(gateway: string, port = PORT_CONTROL_PORT) {
    this.#gateway = gateway
    this.#port = port
  }

  async map(port: number, signal: AbortSignal): Promise<MappedPort> {
    const external = this.#mapped?.external ?? port
    const mapped = (await this.#mapByPcp(port, external, signal)) ?? (await this.#mapByPmp(port, external, signal))
    this.#mapped = { internal: port, external: mapped.port }
    return mapped
  }

  async unmap(signal: AbortSignal): Promise<void> {
    const mapped = this.#mapped
    this.#mapped = undefined
    if (mapped === undefined) return
    const { internal } = mapped
    const taken = await this.#exchange(signal, (client) => this.#pcp(client, internal, 0, 0), isPcp)
    if (taken.type === 'refused') await this.#exchange(signal, () => encodePmpMap(internal, 0, 0), isPmpMap)
  }

  /** `undefined`: it does not speak PCP. */
  async #mapByPcp(internal: number, external: number, signal: AbortSignal): Promise<MappedPort | undefined> {
    const answer = await this.#exchange(signal, (client) => this.#pcp(client, internal, external, LIFETIME_S), isPcp)
    if (answer.type === 'refused' && (answer.protocol === 'pmp' || answer.code === UNSUPPORTED_VERSION))
      return undefined
    if (answer.type === 'refused') throw new Error(`it opens no port (PCP result ${answer.code})`)
    if (answer.type !== 'pcp-mapped' || toHex(answer.nonce) !== toHex(this.#nonce))
      throw new Error('it answers nonsense')
    return { host: answer.host, port: answer.port, lifetimeMs: answer.lifetimeS * 1_000 }
  }

  async #mapByPmp(internal: number, external: number, signal: AbortSignal): Promise<MappedPort> {
    const map = () => encodePmpMap(internal, external, LIFETIME_S)
    const mapped = await this.#exchange(signal, map, isPmpMap)
    if (mapped.type !== 'pmp-mapped') throw new Error(`it opens no port (NAT-PMP result ${codeOf(mapped)})`)
    const address = await this.#exchange(signal, encodePmpAddress, isPmpAddress)
    if (address.type !== 'pmp-address') throw new Error(`it does not say its address (NAT-PMP ${codeOf(address)})`)
    return { host: address.host, port: mapped.port, lifetimeMs: mapped.lifetimeS * 1_000 }
  }

  #pcp(client: string, internalPort: number, externalPort: number, lifetimeS: number): Uint8Array {
    return encodePcpMap({ client, nonce: this.#nonce, internalPort, externalPort, lifetimeS })
  }

  /** One question until it is answered by the router itself; what anybody else sends is not read. */
  async #exchange(
    signal: AbortSignal,
    question: (client: string) => Uint8Array,
    isMeant: (answer: PortControlAnswer) => boolean,
  ): Promise<PortControlAnswer> {
    signal.throwIfAborted()
    const socket = createSocket('udp4')
    const { promise, resolve, reject } = Promise.withResolvers<PortControlAnswer>()
    promise.catch(() => undefined)
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    let timer: NodeJS.Timeout | undefined
    try {
      socket.on('error', (cause) => reject(new NoAnswer('nothing of it answers', { cause })))
      await connected(socket, this.#port, this.#gateway)
      socket.on('message', (bytes) => {
        const answer = decodePortControl(bytes)
        if (answer !== undefined && isMeant(answer)) resolve(answer)
      })
      const bytes = question(socket.address().address)
      const ask = (count: number): void => {
        if (count > REPEATS_MAX) return reject(new NoAnswer('it does not answer'))
        socket.send(bytes, (error) => error && reject(error))
        timer = setTimeout(() => ask(count + 1), REPEAT_MS * 2 ** count)
      }
      ask(0)
      return await promise
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      socket.close()
    }
  }
}

const UNSUPPORTED_VERSION = 1

const isPcp = ({ type }: PortControlAnswer): boolean => type === 'pcp-mapped' || type === 'refused'
const isPmpMap = ({ type }: PortControlAnswer): boolean => type === 'pmp-mapped' || type === 'refused'
const isPmpAddress = ({ type }: PortControlAnswer): boolean => type === 'pmp-address' || type === 'refused'
const codeOf = (answer: PortControlAnswer): string => (answer.type === 'refused' ? String(answer.code) : answer.type)

/** From here on only this peer is heard, and the socket knows by which address of ours it goes there. */
function connected(socket: Socket, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.connect(port, host, () => {
      socket.removeListener('error', reject)
      resolve()
    })
  })
}
