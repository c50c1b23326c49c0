/** How a lying node bends what its real holder answers. */
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  blockCid,
  toHex,
  readPointer,
  type CryptoPort,
  type MailboxRequest,
  type MailboxResponse,
} from '@parley/core'
import type { Dice } from './dice.ts'
import type { Lie } from './mailbox-faults.ts'

/** Beyond the patience of a caller now and then. */
const DELAY_MS_MIN = 500
const DELAY_MS_MAX = 14_000
const GARBAGE_BYTES_MAX = 300

export interface Bent {
  readonly answer: Uint8Array | undefined
  readonly delayMs: number
}

export interface LiarOptions {
  readonly lie: Lie
  readonly dice: Dice
  readonly crypto: Pick<CryptoPort, 'ed25519Verify'>
  /** The clock of the node. */
  readonly now: () => number
  /** Called when an answer is not what an honest node would have said. */
  readonly lied: () => void
}

type Serve = (request: Uint8Array) => Promise<Uint8Array | undefined>

export class Liar {
  readonly lie: Lie
  readonly #options: LiarOptions
  /** The first record under each key, as `old-records` goes on giving it. */
  readonly #firstRecords = new Map<string, Uint8Array>()

  constructor(options: LiarOptions) {
    this.lie = options.lie
    this.#options = options
  }

  /** `serve`: what the real holder would say. */
  async bend(bytes: Uint8Array, serve: Serve): Promise<Bent> {
    const { dice, lied } = this.#options
    const request = decodeRequest(bytes)
    if (request === undefined) return { answer: await serve(bytes), delayMs: 0 }
    if (this.lie === 'delays') {
      lied()
      return { answer: await serve(bytes), delayMs: dice.between(DELAY_MS_MIN, DELAY_MS_MAX) }
    }
    return { answer: await this.#bent(request, bytes, serve), delayMs: 0 }
  }

  async #bent(request: MailboxRequest, bytes: Uint8Array, serve: Serve): Promise<Uint8Array | undefined> {
    const { lied, dice } = this.#options
    switch (this.lie) {
      case 'claims':
        return this.#claim(request, bytes, serve)
      case 'wrong-blocks':
        return request.type === 'fetch' ? this.#wrongBlocks(await serve(bytes)) : serve(bytes)
      case 'cut-records':
        return request.type === 'find' ? this.#cutRecords(await serve(bytes)) : serve(bytes)
      case 'old-records':
        return this.#oldRecords(request, bytes, serve)
      case 'hides':
        if (request.type === 'find') return this.#say({ type: 'records', records: [] })
        if (request.type !== 'point') return serve(bytes)
        return this.#say({ type: 'statuses', statuses: request.records.map(() => 'kept' as const) })
      case 'refuses':
        if (request.type !== 'store' && request.type !== 'blocks' && dice.chance(0.5)) return serve(bytes)
        return this.#say({ type: 'refused', reason: dice.pick(['full', 'too-many', 'unsupported'] as const) })
      case 'garbage':
        lied()
        return dice.chance(0.3) ? undefined : randomBytes(dice, dice.between(0, GARBAGE_BYTES_MAX))
      case 'delays':
      case 'forgets':
        return serve(bytes)
    }
  }

  /** Takes blocks, signs for them, and throws them away. */
  async #claim(request: MailboxRequest, bytes: Uint8Array, serve: Serve): Promise<Uint8Array | undefined> {
    const answer = await serve(bytes)
    if (request.type === 'blocks') {
      this.#options.lied()
      await serve(encodeRequest({ type: 'drop', cids: request.blocks.map(blockCid) }))
    }
    return answer
  }

  #wrongBlocks(answer: Uint8Array | undefined): Uint8Array | undefined {
    const { dice } = this.#options
    const honest = answer === undefined ? undefined : decodeResponse(answer)
    if (honest?.type !== 'blocks' || honest.blocks.length === 0) return answer
    const blocks = honest.blocks.map((block) => (dice.chance(0.5) ? flipped(dice, block) : randomBytes(dice, 512)))
    return this.#say({ type: 'blocks', blocks })
  }

  #cutRecords(answer: Uint8Array | undefined): Uint8Array | undefined {
    const { dice } = this.#options
    const honest = answer === undefined ? undefined : decodeResponse(answer)
    if (honest?.type !== 'records' || honest.records.length === 0) return answer
    const records = honest.records.map((record) =>
      dice.chance(0.5) ? flipped(dice, record) : record.slice(0, dice.between(1, record.length - 1)),
    )
    return this.#say({ type: 'records', records })
  }

  /** Keeps the first record of a key, says so of all later ones, and gives the first for ever. */
  async #oldRecords(request: MailboxRequest, bytes: Uint8Array, serve: Serve): Promise<Uint8Array | undefined> {
    if (request.type !== 'point') return serve(bytes)
    const { crypto, now, lied } = this.#options
    const fresh: Uint8Array[] = []
    for (const record of request.records) {
      const read = await readPointer(crypto, record, now())
      const key = read.ok ? toHex(read.value.key) : undefined
      if (read.ok && read.value.type === 'signed' && key !== undefined) {
        const first = this.#firstRecords.get(key)
        if (first !== undefined && toHex(first) !== toHex(record)) continue
        this.#firstRecords.set(key, record.slice())
      }
      fresh.push(record)
    }
    if (fresh.length === request.records.length) return serve(bytes)
    lied()
    if (fresh.length > 0) await serve(encodeRequest({ type: 'point', records: fresh }))
    return encodeResponse({ type: 'statuses', statuses: request.records.map(() => 'kept' as const) })
  }

  #say(response: MailboxResponse): Uint8Array {
    this.#options.lied()
    return encodeResponse(response)
  }
}

function flipped(dice: Dice, bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice()
  const index = dice.between(0, changed.length - 1)
  changed[index] = (changed[index] ?? 0) ^ (1 << dice.between(0, 7))
  return changed
}

const randomBytes = (dice: Dice, length: number): Uint8Array => Uint8Array.from({ length }, () => dice.between(0, 255))
