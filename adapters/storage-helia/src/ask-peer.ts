/** One question for one block, to the peer at the other end of a connection and to nobody else. Spec: BLK-12. */
import type { Connection } from '@libp2p/interface'
import type { Helia } from 'helia'
import type { IpfsLease } from './ipfs.ts'

/**
 * The bytes that the peer gave, unchecked beyond what bitswap checks, or `undefined`: it says that it has no such block.
 * @param cid as text. @throws Error when the peer was not asked, or the connection or the time ended before an answer.
 */
export async function askPeer(
  helia: Helia,
  ipfs: IpfsLease,
  connection: Connection,
  cid: string,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const { CID } = await import('multiformats/cid')
  const target = CID.parse(cid)
  let isUnsent = false
  const forget = ipfs.onUnsent((peer) => {
    if (peer.equals(connection.remotePeer)) isUnsent = true
  })
  // one provider and no room for another: nobody else is asked
  const providers = [connection.remotePeer.toCID()]
  const session = helia.blockstore.createSession(target, { providers, minProviders: 1, maxProviders: 1 })
  try {
    const chunks: Uint8Array[] = []
    for await (const chunk of session.get(target, { signal })) chunks.push(chunk)
    return new Uint8Array(Buffer.concat(chunks))
  } catch (error) {
    // bitswap ends every failure alike, with "no other provider"
    if (signal.aborted || isUnsent || connection.status !== 'open') throw error
    return undefined
  } finally {
    session.close()
    forget()
  }
}
