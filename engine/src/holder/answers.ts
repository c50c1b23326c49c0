/** What a holder does with each request. Spec: HLD-1…HLD-6, HLD-11. */
import {
  blockCid,
  challengeDigest,
  type CryptoPort,
  digestOfCid,
  ENVELOPE_BUCKETS_BYTES,
  exhaustive,
  FRAME_BYTES_MAX,
  type MailboxRequest,
  type MailboxResponse,
  type Millis,
  type NamedBlock,
  type PointerRecord,
  type PointStatus,
  readPointer,
  type Receipt,
  receiptTranscript,
  WAITING_LIFETIME_MS,
} from '@parley/core'
import type { HeldBlock } from './blocks.ts'
import { fetchReadable, readableOf } from './fetch.ts'
import type { Held } from './held.ts'
import { keyText } from './key-text.ts'
import { checkPut, type ProfilePut } from './profiles.ts'

export interface AnswerOptions {
  readonly held: Held
  readonly crypto: Pick<CryptoPort, 'ed25519Sign' | 'ed25519Verify'>
  /** Borrowed. */
  readonly seed: Uint8Array
  readonly isPushNode: boolean
  readonly workBits: number
  readonly bytesMax: number
  readonly breathe: (() => Promise<void>) | undefined
}

/** Signatures checked in a row: about three milliseconds in which nobody else is heard. */
const CHECKS_AT_ONCE = 32

/** The requests of everybody, one at a time or many at once. */
export class Answers {
  readonly #options: AnswerOptions

  constructor(options: AnswerOptions) {
    this.#options = options
  }

  /** @throws (rejects) PortError of the store. */
  async answer(from: string, request: MailboxRequest, now: Millis): Promise<MailboxResponse> {
    const { held, isPushNode, workBits, bytesMax } = this.#options
    switch (request.type) {
      case 'info': {
        const bytesFree = isPushNode ? Math.max(0, bytesMax - held.accounts.bytes) : 0
        return { type: 'info', workBits, bytesFree, isPushNode }
      }
      case 'point':
        return { type: 'statuses', statuses: await this.#point(from, request.records, now) }
      case 'find':
        return { type: 'records', records: held.pointers.find(request.prefixes, now) }
      case 'profile.put':
        return { type: 'statuses', statuses: [await this.#putProfile(from, request, now)] }
      case 'profile.get':
        return { type: 'profiles', records: held.profiles.get(request.digests, now) }
      default:
        return isPushNode ? this.#answerBlocks(from, request, now) : { type: 'refused', reason: 'unsupported' }
    }
  }

  async #answerBlocks(
    from: string,
    request: Extract<MailboxRequest, { readonly type: 'store' | 'blocks' | 'fetch' | 'drop' | 'challenge' }>,
    now: Millis,
  ): Promise<MailboxResponse> {
    const { blocks, writer } = this.#options.held
    switch (request.type) {
      case 'store':
        return this.#announce(from, distinctBlocks(request.blocks), now)
      case 'blocks':
        return this.#keep(from, request.blocks, now)
      case 'fetch':
        return { type: 'blocks', blocks: fetchReadable(this.#options.held, request.cids, now) }
      case 'drop':
        if (this.#heldOf(from, request.cids, now).size > 0)
          await writer.write(() => blocks.drop(from, request.cids, now))
        return { type: 'done' }
      case 'challenge':
        return this.#challenge(request.nonce, request.cids, now)
      default:
        return exhaustive(request)
    }
  }

  #heldOf(from: string, cids: readonly Uint8Array[], now: Millis): ReadonlyMap<string, HeldBlock> {
    const { accounts, blocks } = this.#options.held
    const account = accounts.find(from)
    return account === undefined ? new Map() : blocks.held(cids, now, account)
  }

  /** `store`: which of them to send, and a receipt for those that are here. */
  async #announce(from: string, named: readonly NamedBlock[], now: Millis): Promise<MailboxResponse> {
    const { accounts, announced, blocks, writer } = this.#options.held
    const cids = named.map(({ cid }) => cid)
    const here = this.#heldOf(from, cids, now)
    let free = accounts.bytesFree(accounts.find(from))
    let isShort = false
    const missing: NamedBlock[] = []
    for (const block of named) {
      if (here.has(keyText(digestOfCid(block.cid))) || !isEnvelopeSize(block.size)) continue
      if (block.size > free) isShort = true
      else {
        free -= block.size
        missing.push(block)
      }
    }
    if (isShort && missing.length === 0 && here.size === 0) return { type: 'refused', reason: 'full' }
    announced.expect(
      from,
      missing.map(({ cid, size }) => ({ digest: digestOfCid(cid), size })),
      now,
    )
    const wanted = missing.map(({ cid }) => cid)
    if (here.size === 0) return { type: 'missing', cids: wanted, receipt: undefined }
    const holdings = [...here.values()]
    const renew = (): Millis => blocks.renew(holdings, now)
    const expiresAt = blocks.isRenewalDue(holdings, now) ? await writer.write(renew) : blocks.renew(holdings, now)
    const present = cids.filter((cid) => here.has(keyText(digestOfCid(cid))))
    return { type: 'missing', cids: wanted, receipt: await this.#receipt(from, present, expiresAt) }
  }

  /** `blocks`: those that were announced, and those that are here already. */
  async #keep(from: string, sent: readonly Uint8Array[], now: Millis): Promise<MailboxResponse> {
    const { announced, blocks, writer } = this.#options.held
    const distinct = new Map(
      sent.map((block) => {
        const cid = blockCid(block)
        return [keyText(digestOfCid(cid)), { cid, block }]
      }),
    )
    const cids = [...distinct.values()].map(({ cid }) => cid)
    const here = this.#heldOf(from, cids, now)
    const taken = [...distinct].flatMap(([key, named]) => {
      const isWanted = announced.isExpected(from, digestOfCid(named.cid), named.block.length, now)
      return isWanted || here.has(key) ? [named] : []
    })
    if (taken.length === 0) return this.#receiptAnswer(from, [], now + WAITING_LIFETIME_MS)
    const kept = await writer.write(() => blocks.keep(from, taken, now))
    for (const cid of kept.cids) announced.settle(from, digestOfCid(cid))
    if (kept.cids.length === 0) return { type: 'refused', reason: 'full' }
    return this.#receiptAnswer(from, kept.cids, kept.expiresAt)
  }

  async #receiptAnswer(owner: string, cids: readonly Uint8Array[], expiresAt: Millis): Promise<MailboxResponse> {
    return { type: 'receipt', ...(await this.#receipt(owner, cids, expiresAt)) }
  }

  async #receipt(owner: string, cids: readonly Uint8Array[], expiresAt: Millis): Promise<Receipt> {
    const { crypto, seed } = this.#options
    const signature = await crypto.ed25519Sign(seed, receiptTranscript(owner, cids, expiresAt))
    return { cids, expiresAt, signature }
  }

  #challenge(nonce: Uint8Array, cids: readonly Uint8Array[], now: Millis): MailboxResponse {
    const readable = readableOf(this.#options.held, cids, now)
    const asked = cids.map((cid) => readable.get(keyText(digestOfCid(cid))))
    const bytes = asked.reduce((total, block) => total + (block?.size ?? 0), 0)
    if (bytes > FRAME_BYTES_MAX) return { type: 'refused', reason: 'too-many' }
    const digests = asked.map((block) => {
      const found = block?.read()
      return found === undefined ? new Uint8Array(0) : challengeDigest(nonce, found)
    })
    return { type: 'digests', digests }
  }

  async #point(from: string, records: readonly Uint8Array[], now: Millis): Promise<readonly PointStatus[]> {
    const { held, crypto, workBits, breathe } = this.#options
    const checked: (PointerRecord | undefined)[] = []
    for (const bytes of records) {
      if (checked.length > 0 && checked.length % CHECKS_AT_ONCE === 0) await breathe?.()
      const read = await readPointer(crypto, bytes, now)
      const isEnough = read.ok && (read.value.type === 'signed' || read.value.workBits >= workBits)
      checked.push(isEnough ? read.value : undefined)
    }
    const put = (record: PointerRecord | undefined): PointStatus =>
      record === undefined ? 'refused' : held.pointers.put(from, record, now)
    const statuses = checked.every((record) => record === undefined)
      ? checked.map(put)
      : await held.writer.write(() => checked.map(put))
    for (const status of statuses) held.counters.records[status] += 1
    return statuses
  }

  async #putProfile(
    from: string,
    { record, avatar }: Extract<MailboxRequest, { readonly type: 'profile.put' }>,
    now: Millis,
  ): Promise<PointStatus> {
    const { held, crypto, isPushNode } = this.#options
    const checked = await checkPut(crypto, record, avatar, now)
    // who only keeps records has checked the picture, and lets it go
    const put = checked && { from, profile: checked, avatar: isPushNode ? avatar : undefined, now }
    const status = put === undefined ? 'refused' : (held.profiles.settled(put) ?? (await this.#writeProfile(put)))
    held.counters.profilePuts[status] += 1
    return status
  }

  #writeProfile(put: ProfilePut): Promise<PointStatus> {
    const { profiles, writer } = this.#options.held
    return writer.write(() => profiles.put(put))
  }
}

const isEnvelopeSize = (size: number): boolean => (ENVELOPE_BUCKETS_BYTES as readonly number[]).includes(size)

/** A CID that is named twice counts once. */
const distinctBlocks = (named: readonly NamedBlock[]): readonly NamedBlock[] => [
  ...new Map(named.map((block) => [keyText(block.cid), block])).values(),
]
