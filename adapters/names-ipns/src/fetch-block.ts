/** A block over bitswap from whoever the DHT names. Spec: PUB-5. */
import type { Libp2p } from '@libp2p/interface'
import { PROFILE_BYTES_MAX, isBlockOf, parseCid } from '@parley/core'
import type { CID } from 'multiformats/cid'
import { withDeadline } from './deadline.ts'
import type { Dht, Provider } from './dht.ts'
import type { Ipfs } from './ipfs.ts'

/** Anybody may say that it has a block: so many are asked, all at once, each for this long. */
const PROVIDERS_MAX = 8
const ASK_TIMEOUT_MS = 5_000

export interface FetchOptions {
  readonly libp2p: Libp2p
  readonly dht: Dht
  readonly ipfs: Ipfs
  readonly signal: AbortSignal
}

/** The first that has at most PROFILE_BYTES_MAX and is what `cid` names; fresh memory. @throws the abort reason. */
export async function fetchBlock(cid: CID, options: FetchOptions): Promise<Uint8Array | undefined> {
  const { libp2p, dht, signal } = options
  const { promise: found, resolve } = Promise.withResolvers<Uint8Array | undefined>()
  // ends the search and the other questions
  const ending = new AbortController()
  const abort = (): void => ending.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const asked = new Set<string>()
  const questions: Promise<void>[] = []
  const question = async (provider: Provider): Promise<void> => {
    const block = await ask(cid, provider, { ...options, signal: ending.signal }).catch(() => undefined)
    if (block !== undefined) resolve(block)
  }
  const search = async (): Promise<void> => {
    for await (const provider of dht.providers(cid, ending.signal)) {
      const id = provider.id.toString()
      if (asked.has(id) || provider.id.equals(libp2p.peerId)) continue
      asked.add(id)
      questions.push(question(provider))
      if (asked.size >= PROVIDERS_MAX) break
    }
  }
  // a search that fails has found what it has found
  const over = search()
    .catch(() => undefined)
    .then(() => Promise.all(questions))
    .then(() => resolve(undefined))
  try {
    const block = await found
    if (block === undefined) signal.throwIfAborted()
    return block
  } finally {
    ending.abort(new Error('the block is there'))
    signal.removeEventListener('abort', abort)
    await over
  }
}

async function ask(cid: CID, { id, multiaddrs }: Provider, options: FetchOptions): Promise<Uint8Array | undefined> {
  const { libp2p, ipfs, signal } = options
  return withDeadline([signal], ASK_TIMEOUT_MS, async (deadline) => {
    const [open] = libp2p.getConnections(id).filter(({ status }) => status === 'open')
    const connection =
      open ?? (await libp2p.dial(multiaddrs.length === 0 ? id : withPeer(multiaddrs, id), { signal: deadline }))
    const text = cid.toString()
    const block = await ipfs.ask(connection, text, deadline)
    const key = parseCid(text)
    const isIt = block !== undefined && key !== undefined && block.length <= PROFILE_BYTES_MAX && isBlockOf(key, block)
    return isIt ? block : undefined
  })
}

/** Each says whom we expect there. */
function withPeer(multiaddrs: Provider['multiaddrs'], id: Provider['id']): Provider['multiaddrs'] {
  const suffix = `/p2p/${id.toString()}`
  return multiaddrs.map((address) => (address.toString().endsWith(suffix) ? address : address.encapsulate(suffix)))
}
