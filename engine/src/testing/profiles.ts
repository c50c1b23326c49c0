/** Accounts that sign records, and a book over a memory store to take them. */
import { createMemoryStore, createTestClock, seededRandom } from '@parley/adapter-memory'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import {
  accountOfKey,
  createProfileRecord,
  parseAccount,
  PROFILE_LIFETIME_MS,
  profileDigest,
  toHex,
  type ProfileFacts,
  type ProfileRecord,
} from '@parley/core'
import type { Profile } from '../api/schema.ts'
import type { Context } from '../context.ts'
import { saveContact } from '../store/contacts.ts'
import { createTestNode } from './node.ts'
import { ProfileBook } from '../profile/book.ts'
import { ProfileCache } from '../profile/cache.ts'

export const crypto = await createNodeCrypto()

export interface Account {
  readonly account: string
  readonly digest: { readonly bytes: Uint8Array; readonly hex: string }
  sign(now: number, facts?: Partial<ProfileFacts>): Promise<ProfileRecord>
}

export async function createAccount(seed: number): Promise<Account> {
  const rootSeed = seededRandom(seed)(32)
  const account = accountOfKey(await crypto.ed25519PublicKey(rootSeed))
  const bytes = profileDigest(parseAccount(account) ?? new Uint8Array(32))
  return {
    account,
    digest: { bytes, hex: toHex(bytes) },
    async sign(now, facts = {}) {
      const all: ProfileFacts = {
        name: `person ${seed}`,
        handle: '',
        location: '',
        about: '',
        extra: {},
        avatar: undefined,
        addresses: [],
        invite: undefined,
        isPublic: false,
        sequence: 1,
        previous: undefined,
        changedAt: now,
        notAfter: now + PROFILE_LIFETIME_MS,
        ...facts,
      }
      const record = await createProfileRecord(crypto, rootSeed, all, now)
      if (!record.ok) throw new Error(`the record is ${record.reason}`)
      return record.value
    },
  }
}

export interface BookScene {
  readonly clock: ReturnType<typeof createTestClock>
  readonly context: Context
  readonly cache: ProfileCache
  readonly book: ProfileBook
  readonly changed: Profile[]
  befriend(account: string): void
  /** The process dies, another one opens the same database. */
  crash(): Promise<BookScene>
}

export async function createBookScene(store = createMemoryStore(), clock = createTestClock()): Promise<BookScene> {
  const { context } = await createTestNode(clock, 99, store)
  const changed: Profile[] = []
  const cache = new ProfileCache(() => context)
  const book = new ProfileBook(() => context, cache, {
    changed: (profile) => changed.push(profile),
    ownPicture: () => undefined,
    pictured: () => undefined,
  })
  return {
    clock,
    context,
    cache,
    book,
    changed,
    befriend: (account) =>
      saveContact(store, {
        account,
        conversation: account,
        status: 'active',
        claimedName: '',
        givenName: '',
        isVerified: false,
        inviteSealed: undefined,
        isRequested: true,
        createdAt: 0,
      }),
    crash: () => createBookScene(store.reopen(), clock),
  }
}
