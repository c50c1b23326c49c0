/**
 * The mailbox protocol from the asking side: what is sent is bounded, what comes back is checked, and a holder that
 * breaks a rule has failed. Spec: MBX-4, HLD-1…HLD-5.
 */
import {
  blockCid,
  CHALLENGE_NONCE_BYTES,
  challengeDigest,
  decodeResponse,
  encodeCbor,
  encodeRequest,
  equalBytes,
  fittingItems,
  keyPrefix,
  MAILBOX_BLOCKS_MAX,
  MAILBOX_KEYS_MAX,
  MAILBOX_POINTERS_MAX,
  readPointer,
  toHex,
  verifyReceipt,
  type MailboxRequest,
  type MailboxResponse,
  type NamedBlock,
  type PointerRecord,
  type PointStatus,
  type Receipt,
} from '@parley/core'
import type { Context } from '../context.ts'
import type { MailboxPort } from '../ports/mailbox.ts'
import { PortError } from '../ports/port-error.ts'
import { peerOfAddress } from './places.ts'

export interface Block extends NamedBlock {
  readonly bytes: Uint8Array
}

/** Rounds of one question: a holder that always leaves something out is not asked for ever. */
const ROUNDS_MAX = 64
/** Records of one question that no honest holder gives, after which nothing more is read of it: checking them is dear. */
const JUNK_MAX = 16

export class Holders {
  readonly #context: Pick<Context, 'crypto' | 'random' | 'clock' | 'self'>
  readonly #port: MailboxPort
  readonly #signal: AbortSignal

  /** `signal` ends everything that is asked. */
  constructor(context: Pick<Context, 'crypto' | 'random' | 'clock' | 'self'>, port: MailboxPort, signal: AbortSignal) {
    this.#context = context
    this.#port = port
    this.#signal = signal
  }

  /**
   * Leaves all of `blocks` (of different CIDs) with a holder.
   * @returns its receipts, encoded, as evidence. @throws PortError when it does not take every one of them.
   */
  async store(address: string, blocks: readonly Block[]): Promise<Uint8Array> {
    const receipts: Receipt[] = []
    for (let start = 0; start < blocks.length; start += MAILBOX_BLOCKS_MAX) {
      await this.#storeSome(address, blocks.slice(start, start + MAILBOX_BLOCKS_MAX), receipts)
    }
    return encodeCbor(receipts.map(({ cids, expiresAt, signature }) => [[...cids], expiresAt, signature]))
  }

  async #storeSome(address: string, blocks: readonly Block[], receipts: Receipt[]): Promise<void> {
    const byCid = new Map(blocks.map((block) => [toHex(block.cid), block]))
    const answer = await this.#ask(
      address,
      { type: 'store', blocks: blocks.map(({ cid, size }) => ({ cid, size })) },
      'missing',
    )
    if (answer.receipt !== undefined) receipts.push(await this.#checked(address, answer.receipt, byCid))
    // Each once, however often it is asked for.
    let wanted = [...new Set(answer.cids.map(toHex))].flatMap((cid) => byCid.get(cid) ?? [])
    while (wanted.length > 0) {
      const some = wanted.slice(
        0,
        fittingItems(
          wanted.map(({ size }) => size),
          MAILBOX_BLOCKS_MAX,
        ),
      )
      const receipt = await this.#ask(address, { type: 'blocks', blocks: some.map(({ bytes }) => bytes) }, 'receipt')
      receipts.push(await this.#checked(address, receipt, byCid))
      wanted = wanted.slice(some.length)
    }
    const held = new Set(receipts.flatMap(({ cids }) => cids.map(toHex)))
    if (!blocks.every(({ cid }) => held.has(toHex(cid)))) throw failed(address, 'it does not take all blocks')
  }

  async #checked(address: string, receipt: Receipt, asked: ReadonlyMap<string, Block>): Promise<Receipt> {
    const { crypto, self } = this.#context
    const { cids, expiresAt, signature } = receipt
    const isSigned = await verifyReceipt(crypto, peerOfAddress(address), self.peerId, cids, expiresAt, signature)
    if (!isSigned || !cids.every((cid) => asked.has(toHex(cid)))) throw failed(address, 'its receipt is not valid')
    return receipt
  }

  /**
   * The blocks that the holder has; every one is what its CID names and as large as was said. Fresh memory. What came
   * before it failed is kept. @throws PortError when it gives nothing but trouble.
   */
  async fetch(address: string, wanted: readonly NamedBlock[]): Promise<readonly Block[]> {
    const found: Block[] = []
    let left = wanted
    for (let round = 0; left.length > 0 && round < ROUNDS_MAX; round++) {
      const some = left.slice(0, MAILBOX_BLOCKS_MAX)
      try {
        const taken = await this.#fetchSome(address, some, found)
        left = left.slice(taken === 0 ? some.length : taken)
      } catch (error) {
        if (found.length === 0) throw error
        return found
      }
    }
    return found
  }

  /** @returns how many of `wanted` are dealt with; 0 when it has none of them. */
  async #fetchSome(address: string, wanted: readonly NamedBlock[], found: Block[]): Promise<number> {
    const { blocks } = await this.#ask(address, { type: 'fetch', cids: wanted.map(({ cid }) => cid) }, 'blocks')
    const places = new Map(wanted.map(({ cid }, place) => [toHex(cid), place]))
    let position = 0
    for (const bytes of blocks) {
      const cid = blockCid(bytes)
      const place = places.get(toHex(cid))
      if (place === undefined || place < position) throw failed(address, 'it gave a block that nobody asked for')
      if (wanted[place]?.size === bytes.length) found.push({ cid, size: bytes.length, bytes })
      position = place + 1
    }
    return position
  }

  async drop(address: string, cids: readonly Uint8Array[]): Promise<void> {
    for (let start = 0; start < cids.length; start += MAILBOX_BLOCKS_MAX) {
      await this.#ask(address, { type: 'drop', cids: cids.slice(start, start + MAILBOX_BLOCKS_MAX) }, 'done')
    }
  }

  /** Whether the holder has all of these blocks now; asked in parts, because it reads them all. HLD-5 */
  async challenge(address: string, blocks: readonly Block[]): Promise<boolean> {
    for (let left = blocks; left.length > 0;) {
      const sizes = left.map(({ size }) => size)
      const some = left.slice(0, Math.max(1, fittingItems(sizes, MAILBOX_BLOCKS_MAX)))
      if (!(await this.#challengeSome(address, some))) return false
      left = left.slice(some.length)
    }
    return true
  }

  async #challengeSome(address: string, blocks: readonly Block[]): Promise<boolean> {
    const nonce = this.#context.random(CHALLENGE_NONCE_BYTES)
    const cids = blocks.map(({ cid }) => cid)
    const { digests } = await this.#ask(address, { type: 'challenge', nonce, cids }, 'digests')
    return blocks.every(({ bytes }, index) => {
      const digest = digests[index]
      return digest !== undefined && equalBytes(digest, challengeDigest(nonce, bytes))
    })
  }

  /** One status for each record (at most MAILBOX_POINTERS_MAX). */
  async point(address: string, records: readonly Uint8Array[]): Promise<readonly PointStatus[]> {
    const some = records.slice(0, MAILBOX_POINTERS_MAX)
    return (await this.#ask(address, { type: 'point', records: some }, 'statuses')).statuses
  }

  /**
   * Checked records under these keys (32 bytes, or their prefixes); what fails a check is left out. A holder that gives
   * what nobody asked for, or what it must not keep, is soon listened to no longer.
   */
  async find(address: string, keys: readonly Uint8Array[]): Promise<readonly PointerRecord[]> {
    const found: PointerRecord[] = []
    const junk = { left: JUNK_MAX }
    let left = keys.map(keyPrefix)
    for (let round = 0; left.length > 0 && round < ROUNDS_MAX && junk.left > 0; round++) {
      const some = left.slice(0, MAILBOX_KEYS_MAX)
      const { records } = await this.#ask(address, { type: 'find', prefixes: some }, 'records')
      const last = await this.#checkRecords(some, records, found, junk)
      left = left.slice(last === undefined ? some.length : last + 1)
    }
    return found
  }

  /** @returns the place of the last prefix that was answered. */
  async #checkRecords(
    prefixes: readonly Uint8Array[],
    records: readonly Uint8Array[],
    found: PointerRecord[],
    junk: { left: number },
  ): Promise<number | undefined> {
    const { crypto, clock } = this.#context
    const places = new Map(prefixes.map((prefix, index) => [toHex(prefix), index]))
    let last: number | undefined
    for (const bytes of records) {
      const record = await readPointer(crypto, bytes, clock.now())
      const place = record.ok ? places.get(toHex(keyPrefix(record.value.key))) : undefined
      // Its clock may be another than ours.
      const isLate = !record.ok && (record.reason === 'expired' || record.reason === 'bad-lifetime')
      if (!isLate && place === undefined && --junk.left === 0) return last
      if (!record.ok || place === undefined) continue
      found.push(record.value)
      last = Math.max(last ?? 0, place)
    }
    return last
  }

  info(address: string): Promise<Extract<MailboxResponse, { type: 'info' }>> {
    return this.#ask(address, { type: 'info' }, 'info')
  }

  async #ask<T extends MailboxResponse['type']>(
    address: string,
    request: MailboxRequest,
    type: T,
  ): Promise<Extract<MailboxResponse, { type: T }>> {
    const answer = decodeResponse(await this.#port.request(address, encodeRequest(request), this.#signal))
    if (isOfType(answer, type)) return answer
    throw failed(address, answer?.type === 'refused' ? `it refuses: ${answer.reason}` : 'its answer makes no sense')
  }
}

const isOfType = <T extends MailboxResponse['type']>(
  answer: MailboxResponse | undefined,
  type: T,
): answer is Extract<MailboxResponse, { type: T }> => answer?.type === type

const failed = (address: string, why: string): PortError =>
  new PortError('UNREACHABLE', `Push node …${address.slice(-6)}: ${why}.`, true)
