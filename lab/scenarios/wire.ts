/** A wire that can be listened to, cut and bent: one person's network in memory with a hand on it. */
import { decodeFrame, encodeFrame, type Frame } from '@parley/core'
import { PortError, type Link, type LinkHandlers, type NetworkHandlers, type NetworkPort } from '@parley/engine'

type KnownFrame = Exclude<Frame, { type: 'unknown' }>

export interface Wire {
  /** Envelopes that arrived, oldest first, as they were on the wire. */
  readonly envelopes: readonly Uint8Array[]
  /** Types and refusal reasons of the frames that this person sent, oldest first. */
  readonly sent: readonly string[]
  /** What becomes of a frame that arrives; nothing when it is `undefined`. */
  bend: (frame: Uint8Array) => Uint8Array | undefined
  /** False: every link ends and none is made. */
  setOnline(isOnline: boolean): void
  /** Hands `frame` to this person as if `peerId`, with whom there is a link, had sent it. */
  inject(peerId: string, frame: KnownFrame | Uint8Array): void
  readonly links: number
  /** Links that were made so far. */
  readonly linksMade: number
  /** Peers that may learn where this person is. */
  readonly permitted: ReadonlySet<string>
  readonly network: NetworkPort
}

export function tapNetwork(inner: NetworkPort): Wire {
  const envelopes: Uint8Array[] = []
  const sent: string[] = []
  const taps = new Map<string, Tap>()
  const permitted = new Set<string>()
  let isOnline = true
  let linksMade = 0
  const wire: Wire = {
    envelopes,
    sent,
    permitted,
    bend: (frame) => frame,
    setOnline(online) {
      isOnline = online
      if (!online) for (const tap of taps.values()) tap.link.close()
    },
    inject(peerId, frame) {
      const tap = taps.get(peerId)
      if (tap === undefined) throw new Error('no link to inject into')
      void tap.handlers?.onFrame(frame instanceof Uint8Array ? frame : encodeFrame(frame))
    },
    get links() {
      return taps.size
    },
    get linksMade() {
      return linksMade
    },
    network: {
      peerId: inner.peerId,
      mailbox: inner.mailbox,
      profiles: inner.profiles,
      permitDirect(peerId) {
        permitted.add(peerId)
        inner.permitDirect(peerId)
      },
      reach: inner.reach,
      addresses: () => inner.addresses(),
      status: () => inner.status(),
      check: (peerId) => inner.check(peerId),
      stop: () => inner.stop(),
      async connect(peerId, addresses, signal) {
        if (!isOnline) throw new PortError('UNREACHABLE', 'the wire is cut', true)
        await inner.connect(peerId, addresses, signal)
      },
      start: (handlers: NetworkHandlers) =>
        inner.start({
          onStatus: () => handlers.onStatus(),
          onNetworkChanged: () => handlers.onNetworkChanged(),
          onWake: (topic, hint) => handlers.onWake(topic, hint),
          onPushNodes: () => handlers.onPushNodes(),
          onProfile: (topic, record) => handlers.onProfile(topic, record),
          onLink: (link) => (isOnline ? handlers.onLink(tapLink(link)) : link.close()),
        }),
    },
  }
  const tapLink = (link: Link): Link => {
    const tap: Tap = { link, handlers: undefined }
    taps.set(link.peerId, tap)
    linksMade++
    return {
      peerId: link.peerId,
      direction: link.direction,
      remoteAddress: link.remoteAddress,
      isRelayed: link.isRelayed,
      close: () => link.close(),
      send(frame) {
        const read = decodeFrame(frame)
        sent.push(read?.type === 'refuse' ? `refuse ${read.reason}` : (read?.type ?? 'malformed'))
        return link.send(frame)
      },
      listen(handlers) {
        tap.handlers = handlers
        link.listen({
          onDrain: () => handlers.onDrain(),
          onClose(reason) {
            if (taps.get(link.peerId) === tap) taps.delete(link.peerId)
            handlers.onClose(reason)
          },
          onFrame(frame) {
            const read = decodeFrame(frame)
            if (read?.type === 'envelope') envelopes.push(read.bytes)
            const bent = wire.bend(frame)
            return bent === undefined ? undefined : handlers.onFrame(bent)
          },
        })
      },
    }
  }
  return wire
}

interface Tap {
  readonly link: Link
  handlers: LinkHandlers | undefined
}

/** The envelope in a frame, if it is one. */
export function envelopeIn(frame: Uint8Array): Uint8Array | undefined {
  const read = decodeFrame(frame)
  return read?.type === 'envelope' ? read.bytes : undefined
}
