/** A peer that speaks libp2p properly and the link protocol as badly as a test wants. */
import { randomBytes } from 'node:crypto'
import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createHost } from '../host.ts'
import type { Host } from '../host.ts'
import { LINK_PROTOCOL } from '../network.ts'
import { encodePreface } from '../preface.ts'

export interface Rogue {
  readonly host: Host
  readonly id: string
  /** A stream of the link protocol to `address`, nothing said on it yet. */
  open(address: string, protocol?: string): Promise<Stream>
  /** A stream that is the link to the peer at `address`. */
  link(address: string): Promise<Stream>
  stop(): Promise<void>
}

/** @param rank `decider` for a peer id smaller than any other's, `asker` for a larger one; random when left out. */
export async function createRogue(rank?: 'decider' | 'asker', than?: string): Promise<Rogue> {
  for (;;) {
    const host = await createHost({
      seed: randomBytes(32),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      dhtMode: 'client',
      connectionsMax: 100,
      isPushNode: true,
    })
    const id = host.peerId.toString()
    if (rank !== undefined && than !== undefined && (rank === 'decider') !== id < than) {
      await host.stop()
      continue
    }
    const open = async (address: string, protocol = LINK_PROTOCOL): Promise<Stream> => {
      const connection = await host.dial(multiaddr(address))
      return connection.newStream(protocol, { maxOutboundStreams: 1_000 })
    }
    return {
      host,
      id,
      open,
      link: async (address) => {
        const stream = await open(address)
        const target = address.split('/').at(-1) ?? ''
        if (id < target) stream.send(framed(encodePreface({ type: 'open', number: 1, session: randomBytes(8) })))
        else {
          const answered = new Promise((resolve) => stream.addEventListener('message', resolve, { once: true }))
          stream.send(framed(encodePreface({ type: 'ask', isInsisting: false })))
          await answered
        }
        return stream
      },
      stop: async () => host.stop(),
    }
  }
}

/** A frame with its length before it, of whatever length. */
export function framed(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + frame.length)
  new DataView(bytes.buffer).setUint32(0, frame.length)
  bytes.set(frame, 4)
  return bytes
}

/** Resolves with the error, if any, that `stream` was closed with. */
export const closed = (stream: Stream): Promise<Error | undefined> =>
  new Promise((resolve) => {
    if (stream.status !== 'open') resolve(undefined)
    stream.addEventListener('close', (event) => resolve(event.error))
  })
