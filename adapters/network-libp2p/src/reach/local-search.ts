/**
 * Finds those who know us on the local network, and answers them: no name, key or address of anybody is said aloud.
 * Questions go to everybody, from a port of our own, so that answers go to the asker alone (RFC 6762 §6.7). NET-15
 */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import type { RemoteInfo, Socket } from 'node:dgram'
import { BlockList } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { NetworkInterfaceInfo } from 'node:os'
import { LOCAL_TAGS_MAX } from '@parley/core'
import type { Cancel, LocalTags, LogPort } from '@parley/engine'
import { after } from '../deadline.ts'
import { createAllowance } from '../gossip/allowance.ts'
import {
  decodeLocalAnswer,
  decodeLocalQuestion,
  encodeLocalAnswer,
  encodeLocalQuestion,
  TAGS_PER_PACKET_MAX,
} from './local-codec.ts'

const GROUP = '224.0.0.251'
const GROUP_PORT = 5_353
const INTERFACES_MAX = 8
/** Pauses between rounds of questions after something new is sought; then the last one for as long as it is. */
const PAUSES_MS = [1_000, 3_000, 15_000, 60_000] as const
/** Packets of one computer that are answered: at once, and then in a second. */
const QUESTIONS = { burst: 64, perSecond: 8 }
const ID_MAX = 65_536

export interface LocalSearchOptions {
  /** Where we listen for connections; told to those who ask for one of our tags. */
  readonly port: number
  /** Somebody answered; `address` is on the network that was asked. Unverified. */
  readonly onFound: (tag: string, address: string) => void
  readonly log: LogPort
}

interface Asking {
  readonly socket: Socket
  readonly isOnLink: (address: string) => boolean
  readonly id: number
}

export class LocalSearch {
  readonly #options: LocalSearchOptions
  readonly #allowance = createAllowance({ nowMs: () => performance.now() })
  readonly #answering: Socket
  readonly #askingByAddress = new Map<string, Asking>()
  #tags: LocalTags = { sought: new Set(), own: new Set() }
  #cancel: Cancel = () => undefined
  #isStopped = false

  constructor(options: LocalSearchOptions) {
    this.#options = options
    this.#answering = createSocket({ type: 'udp4', reuseAddr: true })
    this.#answering.on('error', (error) => this.#failed(error))
    this.#answering.on('message', (bytes, from) => this.#onQuestion(bytes, from))
    this.#answering.bind(GROUP_PORT, () => this.#join())
  }

  /** From now on these; whoever is new among the sought is asked for at once. */
  seek({ sought, own }: LocalTags): void {
    if (this.#isStopped) return
    const former = this.#tags.sought
    this.#tags = { sought: firstOf(sought), own: firstOf(own) }
    if (this.#tags.sought.size === 0) this.#cancel()
    else if ([...this.#tags.sought].some((tag) => !former.has(tag))) this.#ask(0)
  }

  /** Interfaces came or went: asks again on those that are there now. */
  restart(): void {
    if (this.#isStopped) return
    this.#join()
    if (this.#tags.sought.size > 0) this.#ask(0)
  }

  stop(): void {
    this.#isStopped = true
    this.#cancel()
    this.#answering.close()
    for (const { socket } of this.#askingByAddress.values()) socket.close()
    this.#askingByAddress.clear()
  }

  #ask(round: number): void {
    this.#cancel()
    this.#join()
    const tags = [...this.#tags.sought]
    for (const { socket, id } of this.#askingByAddress.values())
      for (let at = 0; at < tags.length; at += TAGS_PER_PACKET_MAX) {
        const question = encodeLocalQuestion({ id, tags: tags.slice(at, at + TAGS_PER_PACKET_MAX) })
        socket.send(question, GROUP_PORT, GROUP, (error) => error && this.#failed(error))
      }
    const pauseMs = PAUSES_MS[Math.min(round, PAUSES_MS.length - 1)] ?? 0
    this.#cancel = after(pauseMs, () => this.#ask(round + 1))
  }

  /** Hears and asks on every network of this machine. */
  #join(): void {
    const infos = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .slice(0, INTERFACES_MAX)
    const present = new Set(infos.map(({ address }) => address))
    for (const [address, { socket }] of this.#askingByAddress) {
      if (present.has(address)) continue
      socket.close()
      this.#askingByAddress.delete(address)
    }
    for (const info of infos) if (!this.#askingByAddress.has(info.address)) this.#open(info)
  }

  #open(info: NetworkInterfaceInfo): void {
    const { address } = info
    try {
      this.#answering.addMembership(GROUP, address)
    } catch (error) {
      // It was joined before the interface went and came again, or has no multicast.
      this.#failed(error)
    }
    const socket = createSocket('udp4')
    const asking = { socket, isOnLink: onLinkOf(info), id: randomInt(ID_MAX) }
    socket.on('error', (error) => this.#failed(error))
    socket.on('message', (bytes, from) => this.#onAnswer(bytes, from, asking))
    socket.bind(0, address, () => {
      socket.setMulticastInterface(address)
      socket.setMulticastTTL(255)
    })
    this.#askingByAddress.set(address, asking)
  }

  #onQuestion(bytes: Uint8Array, from: RemoteInfo): void {
    const question = decodeLocalQuestion(bytes)
    if (question === undefined || !this.#allowance.take(from.address, QUESTIONS)) return
    const tag = question.tags.find((each) => this.#tags.own.has(each))
    if (tag === undefined) return
    const answer = encodeLocalAnswer({ id: question.id, tag, port: this.#options.port })
    this.#answering.send(answer, from.port, from.address, (error) => error && this.#failed(error))
  }

  #onAnswer(bytes: Uint8Array, { address }: RemoteInfo, { id, isOnLink }: Asking): void {
    const answer = decodeLocalAnswer(bytes)
    if (answer?.id !== id || !this.#tags.sought.has(answer.tag) || !isOnLink(address)) return
    this.#options.onFound(answer.tag, `/ip4/${address}/tcp/${answer.port}`)
  }

  #failed(error: unknown): void {
    this.#options.log.log('debug', 'the local network was not asked', { error: String(error) })
  }
}

const firstOf = (tags: ReadonlySet<string>): ReadonlySet<string> => new Set([...tags].slice(0, LOCAL_TAGS_MAX))

/** Whether an address is on the network of this interface: nobody can point us at another one. */
function onLinkOf({ cidr }: NetworkInterfaceInfo): (address: string) => boolean {
  const [network = '', bits = ''] = (cidr ?? '').split('/')
  const list = new BlockList()
  if (network !== '') list.addSubnet(network, Number(bits), 'ipv4')
  return (address) => list.check(address, 'ipv4')
}
