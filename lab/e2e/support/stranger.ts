/** A peer without any engine, which says on a stream or a link exactly what a test tells it to. */
import { createHost, createLibp2pNetwork, LINK_PROTOCOL, openStream } from '@parley/adapter-network-libp2p'
import type { Link, LinkCloseReason } from '@parley/engine'
import { randomBytes } from 'node:crypto'
import { silent } from './mallory.ts'

const WAIT_MS = 15_000

/** Opens a stream of `protocol` to `address`, writes `chunks`, and waits until the other end closes it. */
export async function shout(address: string, chunks: readonly Uint8Array[], protocol = LINK_PROTOCOL): Promise<void> {
  const host = await createHost({ seed: randomBytes(32), listen: [], dhtMode: 'client', connectionsMax: 10 })
  try {
    const stream = await openStream(host, address, protocol)
    const closed = new Promise<void>((resolve) => stream.addEventListener('close', () => resolve(), { once: true }))
    for (const chunk of chunks) if (stream.status === 'open') stream.send(chunk)
    await within(closed, 'the node closes the stream')
  } finally {
    await host.stop()
  }
}

export interface StrangerLink extends AsyncDisposable {
  readonly peerId: string
  readonly link: Link
  /** Frames that arrived, in order. */
  readonly received: readonly Uint8Array[]
  readonly closed: Promise<LinkCloseReason>
}

/** A proper link from a device that nobody knows; nothing is said on it yet. */
export async function linkTo(address: string, deviceSeed: Uint8Array = randomBytes(32)): Promise<StrangerLink> {
  const network = await createLibp2pNetwork({ deviceSeed, listen: [], bootstrap: [], log: silent })
  const received: Uint8Array[] = []
  const closed = Promise.withResolvers<LinkCloseReason>()
  const linked = Promise.withResolvers<Link>()
  await network.start({
    onLink(link) {
      link.listen({ onFrame: (frame) => void received.push(frame), onDrain() {}, onClose: closed.resolve })
      linked.resolve(link)
    },
    onStatus() {},
    onNetworkChanged() {},
    onWake() {},
    onPushNodes() {},
    onProfile() {},
  })
  await network.connect(address.split('/').at(-1) ?? '', [address], AbortSignal.timeout(WAIT_MS))
  return {
    peerId: network.peerId,
    link: await within(linked.promise, 'there is a link'),
    received,
    closed: within(closed.promise, 'the node closes the link'),
    [Symbol.asyncDispose]: () => network.stop(),
  }
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`In ${WAIT_MS} ms it did not happen: ${what}`)), WAIT_MS)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** A frame with a length before it, its own or another. */
export function framed(frame: Uint8Array, length = frame.length): Uint8Array {
  const bytes = new Uint8Array(4 + frame.length)
  new DataView(bytes.buffer).setUint32(0, length)
  bytes.set(frame, 4)
  return bytes
}
