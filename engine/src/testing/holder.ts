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
  createProfileRecord,
  DAY_MS,
  decodeResponse,
  encodeRequest,
  type MailboxRequest,
  type MailboxResponse,
  type NamedBlock,
  peerIdOfKey,
  type ProfileFacts,
  type ProfileRecord,
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
    /** A record of the account with this root seed, public and good for a day if nothing else is said. */
    async profile(rootSeed: Uint8Array, changes: Partial<ProfileFacts> = {}): Promise<ProfileRecord> {
      const now = clock.now()
      const base = { name: 'Ann', handle: '', location: '', about: '', extra: {}, addresses: [], isPublic: true }
      const none = { avatar: undefined, invite: undefined, previous: undefined }
      const facts = { ...base, ...none, sequence: 1, changedAt: now, notAfter: now + DAY_MS, ...changes }
      const made = await createProfileRecord(crypto, rootSeed, facts, now)
      if (!made.ok) throw new Error(`the profile is ${made.reason}`)
      return made.value
    },
    /** Puts a record, with a picture or none; what became of it. */
    async putProfile(from: string, { bytes }: Pick<ProfileRecord, 'bytes'>, avatar?: Uint8Array) {
      const { statuses } = await ask(from, { type: 'profile.put', record: bytes, avatar }, 'statuses')
      return statuses.join()
    },
    async getProfiles(from: string, ...digests: readonly Uint8Array[]) {
      return (await ask(from, { type: 'profile.get', digests }, 'profiles')).records
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

/** A PNG of 16 × 12 pixels. */
export const PICTURE = new Uint8Array(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAYAAABr5z2BAAAA+ElEQVR4AcySXVUDURCDc/sCEiqhDsABOAAH4AAcgANwAA7AATiohEqAt5Bv58zu9mCg097NTWaS/d386MwHbb3Xzt+69Ieu/K5bv+jOz3r0g558r1ff6M3X+vSFvrzT3lsdfK5fb6ShLk+bIec3osNHtOaa9Ajz30pAM8fCHuwQLIpenJ1FEQtqHcAQYuGIrc9cSM9RCzmyVleguTnEmRkmrDFiJgys1lFANdcmx7JwYglf+esWSmSYFriY6vKLK3EWBQdVAcdiN0HHMjIJBua30FwEmM60xnR0TGzAClEUi4KDvQYBZVNqGXIsNUy3b+P/MziF7+APAAD//+iiLWAAAAAGSURBVAMAMfh3+eE9c0sAAAAASUVORK5CYII=',
    'base64',
  ),
)
