/**
 * The mailbox protocol from the asking side: what is sent is bounded, what comes back is checked, and a holder that
 * breaks a rule has failed. Spec: MBX-4, HLD-1…HLD-5.
 */
import {
  CHALLENGE_NONCE_BYTES,
  challengeDigest,
  decodeResponse,
  encodeCbor,
  encodeRequest,
  equalBytes,
  fittingItems,
  isBlockOf,
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

export interface Block extends NamedBlock {
  readonly bytes: Uint8Array
}

/** Rounds of one question: a holder that always leaves something out is not asked for ever. */
const ROUNDS_MAX = 64

/** The peer at the end of a push node's address. */
export const peerOfAddress = (address: string): string => address.slice(address.lastIndexOf('/') + 1)

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
    let wanted = answer.cids.flatMap((cid) => byCid.get(toHex(cid)) ?? [])
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

  /** The blocks that the holder has; every one is what its CID names. Fresh memory. */
  async fetch(address: string, cids: readonly Uint8Array[]): Promise<readonly Block[]> {
    const found: Block[] = []
    let left = cids
    for (let round = 0; left.length > 0 && round < ROUNDS_MAX; round++) {
      const some = left.slice(0, MAILBOX_BLOCKS_MAX)
      const { blocks } = await this.#ask(address, { type: 'fetch', cids: some }, 'blocks')
      let position = 0
      for (const bytes of blocks) {
        const at = some.findIndex((cid, index) => index >= position && isBlockOf(cid, bytes))
        if (at < 0) throw failed(address, 'it gave a block that nobody asked for')
        found.push({ cid: some[at] ?? bytes, size: bytes.length, bytes })
        position = at + 1
      }
      left = blocks.length === 0 ? left.slice(some.length) : left.slice(position)
    }
    return found
  }

  async drop(address: string, cids: readonly Uint8Array[]): Promise<void> {
    for (let start = 0; start < cids.length; start += MAILBOX_BLOCKS_MAX) {
      await this.#ask(address, { type: 'drop', cids: cids.slice(start, start + MAILBOX_BLOCKS_MAX) }, 'done')
    }
  }

  /** Whether the holder has all of these blocks now. HLD-5 */
  async challenge(address: string, blocks: readonly Block[]): Promise<boolean> {
    const nonce = this.#context.random(CHALLENGE_NONCE_BYTES)
    const some = blocks.slice(0, MAILBOX_BLOCKS_MAX)
    const cids = some.map(({ cid }) => cid)
    const { digests } = await this.#ask(address, { type: 'challenge', nonce, cids }, 'digests')
    return some.every(({ bytes }, index) => {
      const digest = digests[index]
      return digest !== undefined && equalBytes(digest, challengeDigest(nonce, bytes))
    })
  }

  /** One status for each record (at most MAILBOX_POINTERS_MAX). */
  async point(address: string, records: readonly Uint8Array[]): Promise<readonly PointStatus[]> {
    const some = records.slice(0, MAILBOX_POINTERS_MAX)
    return (await this.#ask(address, { type: 'point', records: some }, 'statuses')).statuses
  }

  /** Checked records under these keys (32 bytes, or their prefixes); what fails a check is left out. */
  async find(address: string, keys: readonly Uint8Array[]): Promise<readonly PointerRecord[]> {
    const { crypto, clock } = this.#context
    const found: PointerRecord[] = []
    let left = keys.map(keyPrefix)
    for (let round = 0; left.length > 0 && round < ROUNDS_MAX; round++) {
      const some = left.slice(0, MAILBOX_KEYS_MAX)
      const { records } = await this.#ask(address, { type: 'find', prefixes: some }, 'records')
      const places = new Map(some.map((prefix, index) => [toHex(prefix), index]))
      let last = -1
      for (const bytes of records) {
        const record = await readPointer(crypto, bytes, clock.now())
        if (!record.ok) continue
        const place = places.get(toHex(keyPrefix(record.value.key)))
        if (place === undefined) continue
        found.push(record.value)
        last = Math.max(last, place)
      }
      left = last < 0 ? left.slice(some.length) : left.slice(last + 1)
    }
    return found
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
