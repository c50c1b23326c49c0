/** A holder over a database in memory, and peers that ask it. */
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import {
  createMemoryLog,
  createMemoryStore,
  createTestClock,
  type MemoryStoreOptions,
  seededRandom,
} from '@parley/adapter-memory'
import {
  blockCid,
  decodeResponse,
  encodeRequest,
  type MailboxRequest,
  type MailboxResponse,
  type NamedBlock,
  peerIdOfKey,
} from '@parley/core'
import { createHolder, type Holder, type HolderOptions } from '../holder/index.ts'

export const crypto = await createNodeCrypto()

export async function createHolderScene(
  options: Partial<HolderOptions> = {},
  memory: MemoryStoreOptions = {},
  seed = 1,
) {
  const random = seededRandom(seed)
  const clock = createTestClock()
  const log = createMemoryLog()
  const holderSeed = random(32)
  const peerId = async () => peerIdOfKey(await crypto.ed25519PublicKey(random(32)))
  const [alice, bob] = [await peerId(), await peerId()]
  let store = createMemoryStore(memory)
  const open = (): Holder => createHolder({ store, clock, crypto, seed: holderSeed, isPushNode: true, log, ...options })
  let holder = open()
  const ask = async <T extends MailboxResponse['type']>(from: string, request: MailboxRequest, type: T) => {
    const bytes = await holder.serve(from, encodeRequest(request))
    const response = bytes && decodeResponse(bytes)
    if (response?.type !== type) throw new Error(`the answer is ${JSON.stringify(response)}, not ${type}`)
    return response as Extract<MailboxResponse, { type: T }>
  }
  const block = (size = 512): Uint8Array => random(size)
  return {
    clock,
    log,
    random,
    block,
    alice,
    bob,
    peerId,
    ask,
    holderId: peerIdOfKey(await crypto.ed25519PublicKey(holderSeed)),
    get holder() {
      return holder
    },
    get store() {
      return store
    },
    /** Announces blocks and sends what is missing; the receipt. */
    async deposit(from: string, ...blocks: readonly Uint8Array[]) {
      await ask(from, { type: 'store', blocks: blocks.map(nameOf) }, 'missing')
      return ask(from, { type: 'blocks', blocks }, 'receipt')
    },
    async reason(from: string, request: MailboxRequest) {
      return (await ask(from, request, 'refused')).reason
    },
    /** The process dies without a word, another one opens the same database. */
    crash() {
      store = store.reopen()
      holder = open()
    },
  }
}

export const nameOf = (block: Uint8Array): NamedBlock => ({ cid: blockCid(block), size: block.length })
