/**
 * Public records with those who hold them for everybody: put, asked for, and their pictures fetched. What comes back is
 * bytes that nobody has checked. Spec: PFX-8, PFX-11; MBX-4.
 */
import {
  decodeResponse,
  encodeRequest,
  isBlockOf,
  parseProfileRecord,
  PROFILE_NAMES_MAX,
  toHex,
  type MailboxRequest,
  type MailboxResponse,
  type PointStatus,
} from '@parley/core'
import type { MailboxPort } from '../ports/mailbox.ts'
import { PortError } from '../ports/port-error.ts'

export class HolderClient {
  readonly #port: () => MailboxPort

  constructor(port: () => MailboxPort) {
    this.#port = port
  }

  pushNodes(): readonly string[] {
    return this.#port().pushNodes()
  }

  closest(digest: Uint8Array, signal: AbortSignal): Promise<readonly string[]> {
    return this.#port().closest(digest, signal)
  }

  /** Leaves a public record and its picture. @throws PortError when there is no answer that makes sense; the abort reason. */
  async put(
    address: string,
    record: Uint8Array,
    avatar: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<PointStatus> {
    const { statuses } = await this.#ask(address, { type: 'profile.put', record, avatar }, 'statuses', signal)
    const [status] = statuses
    if (status === undefined) throw failed(address, 'it says nothing about a profile')
    return status
  }

  /**
   * Gives `found` each record that the holder has of `digests` (32 bytes, at most PROFILE_NAMES_MAX), as soon as it is
   * there; fresh memory. A holder that gives what nobody asked for is asked no further.
   * @throws PortError when it gives nothing but trouble; the abort reason.
   */
  async get(
    address: string,
    digests: readonly Uint8Array[],
    found: (digest: Uint8Array, record: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for (let left = digests.slice(0, PROFILE_NAMES_MAX); left.length > 0;) {
      const { records } = await this.#ask(address, { type: 'profile.get', digests: left }, 'profiles', signal)
      const places = new Map(left.map((digest, place) => [toHex(digest), place]))
      let next = 0
      for (const bytes of records) {
        const record = parseProfileRecord(bytes)
        const place = record.ok ? places.get(toHex(record.value.digest)) : undefined
        if (!record.ok || place === undefined || place < next) throw failed(address, 'its profiles make no sense')
        found(record.value.digest, bytes)
        next = place + 1
      }
      if (next === 0) return
      left = left.slice(next)
    }
  }

  /** The block under `cid`, checked. @throws PortError; the abort reason. */
  async fetch(address: string, cid: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { blocks } = await this.#ask(address, { type: 'fetch', cids: [cid] }, 'blocks', signal)
    return blocks.find((block) => isBlockOf(cid, block))
  }

  async #ask<T extends MailboxResponse['type']>(
    address: string,
    request: MailboxRequest,
    type: T,
    signal: AbortSignal,
  ): Promise<Extract<MailboxResponse, { type: T }>> {
    const answer = decodeResponse(await this.#port().request(address, encodeRequest(request), signal))
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
