/**
 * Exactly one link per pair of peers, the same one at both ends. Spec: LINK-5…LINK-8, LINK-10.
 *
 * Of two peers the one with the smaller id is the decider: only it turns a stream into a link, and it numbers its
 * decisions. So two simultaneous dials need no guess about what the other end saw: the highest number is the link.
 */
import { randomBytes } from 'node:crypto'
import { LINK_OPEN_TIMEOUT_MS, LINK_REFUSED_WAIT_MS, equalBytes } from '@parley/core'
import type { Cancel, Link, LogPort } from '@parley/engine'
import { SESSION_BYTES, decodePreface, encodePreface } from './preface.ts'
import { StreamLink } from './stream-link.ts'
import type { LinkConnection, LinkStream } from './stream-lane.ts'

interface Entry {
  readonly link: StreamLink
  readonly number: number
  readonly session: Uint8Array
}

export interface LinkTableOptions {
  readonly ownPeerId: string
  readonly log: LogPort
  readonly after: (delayMs: number, fire: () => void) => Cancel
  /** Called for every link that became the link of its peer, after its predecessor was closed. */
  onLink(link: Link): void
  /** Called when a link is whole on the stream that it moved to. */
  onMoved?(link: Link): void
}

export class LinkTable {
  readonly #options: LinkTableOptions
  readonly #session: Uint8Array = randomBytes(SESSION_BYTES)
  readonly #entriesByPeer = new Map<string, Entry>()
  readonly #arrivals = new Map<string, Set<() => void>>()
  /** Streams that are not links yet, and links that still flush. */
  readonly #streams = new Set<StreamLink>()
  #number = 0
  #isStopped = false

  constructor(options: LinkTableOptions) {
    this.#options = options
  }

  has(peerId: string): boolean {
    return this.#entriesByPeer.has(peerId)
  }

  /** Calls `arrived` once when `peerId` gets a link. Returns how to stop waiting. */
  onArrival(peerId: string, arrived: () => void): () => void {
    const waiting = this.#arrivals.get(peerId) ?? new Set()
    this.#arrivals.set(peerId, waiting.add(arrived))
    return () => {
      waiting.delete(arrived)
      if (waiting.size === 0 && this.#arrivals.get(peerId) === waiting) this.#arrivals.delete(peerId)
    }
  }

  /** Handles a stream that the other end opened. */
  accept(stream: LinkStream, connection: LinkConnection): void {
    const link = this.#track(stream, connection, 'inbound')
    void this.#firstFrame(link).then((frame) => {
      const preface = frame && decodePreface(frame)
      if (!link.isOpen || this.#isStopped) return link.close()
      if (
        preface === undefined ||
        preface.type === 'moved' ||
        (preface.type === 'ask') !== this.#decides(link.peerId)
      ) {
        // a stream that ends before its first frame is an opener who found a link meanwhile
        return frame === undefined ? link.close() : link.abort('malformed')
      }
      if (preface.type === 'open') return this.#adopt({ link, number: preface.number, session: preface.session })
      if (preface.type === 'move') return this.#follow(link, preface)
      if (this.has(link.peerId) && !preface.isInsisting) return link.close()
      return this.#open(link)
    })
  }

  /**
   * Makes a stream that we opened the link to its peer, or finds out that another stream is. Resolves true when the
   * peer has a link now, false when the other end refused.
   */
  async offer(openStream: () => Promise<LinkStream>, connection: LinkConnection): Promise<boolean> {
    const peerId = connection.remotePeer.toString()
    for (const isInsisting of [false, true]) {
      const stream = await openStream()
      const link = this.#track(stream, connection, 'outbound')
      if (this.#isStopped || this.has(peerId)) {
        link.close()
        return this.has(peerId)
      }
      if (this.#decides(peerId)) {
        this.#open(link)
        return true
      }
      if (await this.#ask(link, isInsisting)) return true
      if (await this.#arrival(peerId)) return true
    }
    return false
  }

  /** The link to `peerId`, when it is one that {@link move} can move now. */
  movable(peerId: string): Link | undefined {
    const link = this.#entriesByPeer.get(peerId)?.link
    return link?.canMove === true && this.#decides(peerId) ? link : undefined
  }

  /**
   * Moves the link to the peer at the other end of `connection` to a stream in it: nothing of it is lost or repeated,
   * and its owner does not notice. Only the decider does it. Resolves true when both ends go on there, false when the
   * link stays where it is. LINK-10
   */
  async move(openStream: () => Promise<LinkStream>, connection: LinkConnection): Promise<boolean> {
    const peerId = connection.remotePeer.toString()
    const entry = this.#entriesByPeer.get(peerId)
    if (entry === undefined || this.movable(peerId) === undefined) return false
    entry.link.moveAsked()
    try {
      const stream = this.#track(await openStream(), connection, 'outbound')
      stream.send(encodePreface({ type: 'move', number: entry.number, session: entry.session }))
      const frame = await this.#firstFrame(stream)
      const isAgreed = frame !== undefined && decodePreface(frame)?.type === 'moved'
      if (frame !== undefined && !isAgreed) stream.abort('malformed')
      else if (!isAgreed || !entry.link.isOpen || this.#isStopped) stream.close()
      else entry.link.continueOn(stream)
      return isAgreed && entry.link.isOpen
    } finally {
      entry.link.moveAnswered()
    }
  }

  /** Closes every link; resolves when all bytes that they accepted are gone or given up. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const link of this.#streams) link.close()
    await Promise.all([...this.#streams].map((link) => link.ended))
  }

  #decides(peerId: string): boolean {
    return this.#options.ownPeerId < peerId
  }

  #track(stream: LinkStream, connection: LinkConnection, direction: 'inbound' | 'outbound'): StreamLink {
    const link = new StreamLink(stream, connection, direction)
    this.#streams.add(link)
    void link.ended.then(() => this.#streams.delete(link))
    return link
  }

  #open(link: StreamLink): void {
    this.#number += 1
    link.send(encodePreface({ type: 'open', number: this.#number, session: this.#session }))
    this.#adopt({ link, number: this.#number, session: this.#session })
  }

  /** A link that is not the one meant, or not any more, stays as it is: the decider sees the end of the stream. */
  #follow(stream: StreamLink, { number, session }: { readonly number: number; readonly session: Uint8Array }): void {
    const entry = this.#entriesByPeer.get(stream.peerId)
    const isMeant = entry !== undefined && entry.number === number && equalBytes(entry.session, session)
    if (!isMeant || !entry.link.canMove || this.#isStopped) return stream.close()
    stream.send(encodePreface({ type: 'moved' }))
    entry.link.continueOn(stream)
  }

  async #ask(link: StreamLink, isInsisting: boolean): Promise<boolean> {
    link.send(encodePreface({ type: 'ask', isInsisting }))
    const frame = await this.#firstFrame(link)
    const preface = frame && decodePreface(frame)
    if (preface?.type === 'open') this.#adopt({ link, number: preface.number, session: preface.session })
    else if (frame === undefined) link.close()
    else link.abort('malformed')
    return this.has(link.peerId)
  }

  #adopt(entry: Entry): void {
    const { link } = entry
    const current = this.#entriesByPeer.get(link.peerId)
    const isOutdated = current && equalBytes(current.session, entry.session) && current.number >= entry.number
    if (isOutdated || !link.isOpen || this.#isStopped) return link.close()
    current?.link.replace()
    this.#entriesByPeer.set(link.peerId, entry)
    link.onFinish = () => {
      if (this.#entriesByPeer.get(link.peerId) === entry) this.#entriesByPeer.delete(link.peerId)
    }
    link.onMoved = () => {
      this.#options.log.log('debug', 'link moved', { isRelayed: link.isRelayed })
      this.#options.onMoved?.(link)
    }
    this.#options.log.log('debug', 'link opened', { direction: link.direction, isRelayed: link.isRelayed })
    this.#options.onLink(link)
    for (const arrived of this.#arrivals.get(link.peerId) ?? []) arrived()
  }

  /** The first frame of a stream; `undefined` when it ends or stays silent instead. Leaves the stream suspended. */
  #firstFrame(link: StreamLink): Promise<Uint8Array | undefined> {
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>()
    const cancel = this.#options.after(LINK_OPEN_TIMEOUT_MS, () => link.abort('malformed'))
    link.listen({
      onFrame: (frame) => {
        link.suspend()
        resolve(frame)
      },
      onDrain: () => undefined,
      onClose: () => resolve(undefined),
    })
    return promise.finally(cancel)
  }

  #arrival(peerId: string): Promise<boolean> {
    if (this.has(peerId)) return Promise.resolve(true)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const stopWaiting = this.onArrival(peerId, () => resolve(true))
    const cancel = this.#options.after(LINK_REFUSED_WAIT_MS, () => resolve(false))
    return promise.finally(() => {
      cancel()
      stopWaiting()
    })
  }
}
