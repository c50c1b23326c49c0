/**
 * The own profile: one signed record, made anew when what it says changes or half of its life is over, and durable before
 * anybody is shown it. Spec: PFX-1, PFX-2, PFX-7, PFX-9.
 */
import {
  ADDRESS_LENGTH_MAX,
  assert,
  checkProfile,
  createProfileRecord,
  DAY_MS,
  parseAccount,
  parseProfileRecord,
  PROFILE_ADDRESSES_MAX,
  PROFILE_LIFETIME_MS,
  PROFILE_NAME_LETTERS_MAX,
  PROFILE_VERSIONS_MAX,
  profileDigest,
  sanitizeName,
  type ProfileFacts,
  type ProfileRecord,
} from '@parley/core'
import { withRootSeed } from '../account/root.ts'
import { EngineError } from '../api/errors.ts'
import { listInvites, prepareInvite } from '../contact/invites.ts'
import type { Context } from '../context.ts'
import { readOwnProfileState, saveOwnProfileState, type OwnProfileState } from '../store/own-profile.ts'
import { profileByDigest, saveProfile, trimVersions } from '../store/profiles.ts'
import type { Apply } from '../turn/turns.ts'
import { FAREWELL_NAME } from './view.ts'

/** An invite in a public record works at least this long from the day on which it is signed. */
const INVITE_LEFT_MIN_MS = 20 * DAY_MS

/** What the owner decides. */
export interface OwnWords {
  readonly name: string
  readonly handle: string
  readonly location: string
  readonly about: string
  readonly extra: Readonly<Record<string, string>>
  readonly avatar: Uint8Array | undefined
  readonly isPublic: boolean
}

export interface OwnChange {
  /** Called when it is this change's turn: what it depends on may have changed before. */
  readonly words: () => Partial<OwnWords>
  /** Runs in the same transaction. */
  readonly save?: () => void
  /** The owner wants it, and did not just have it found. */
  readonly isTouch: boolean
  readonly state?: Partial<OwnProfileState>
  /** A record of the account that is known: the next one is newer. */
  readonly after?: number
}

export class OwnProfile {
  readonly #context: () => Context
  readonly #changed: () => void
  readonly digest: Uint8Array
  readonly rootKey: Uint8Array
  #record: ProfileRecord | undefined
  #state: OwnProfileState

  /** Reads what is stored. `changed`: a new record is durable. */
  constructor(context: () => Context, account: string, store: Pick<Context, 'store' | 'vault'>, changed: () => void) {
    const rootKey = parseAccount(account)
    assert(rootKey !== undefined, 'an own account is the name of a key')
    this.#context = context
    this.#changed = changed
    this.rootKey = rootKey
    this.digest = profileDigest(rootKey)
    this.#state = readOwnProfileState(store.store)
    const row = profileByDigest(store.store, store.vault, this.digest)
    const record = row === undefined ? undefined : parseProfileRecord(row.record)
    this.#record = record?.ok === true ? record.value : undefined
  }

  /** `undefined` as long as the account has no name. */
  get record(): ProfileRecord | undefined {
    return this.#record
  }

  get state(): OwnProfileState {
    return this.#state
  }

  /** What a record made now would say. */
  get words(): OwnWords {
    const { name, handle = '', location = '', about = '', extra = {}, avatar, isPublic = false } = this.#record ?? {}
    const settled = sanitizeName(this.#context().settings.current.name, PROFILE_NAME_LETTERS_MAX)
    return { name: settled || name || '', handle, location, about, extra, avatar, isPublic }
  }

  /**
   * Changes what the profile says, or what is noted about it.
   * @throws EngineError `PROFILE_TOO_LONG`, `PROFILE_MALFORMED`; PortError of the store. Nothing was changed then.
   */
  async change(change: OwnChange): Promise<void> {
    await this.#run('command', async () => this.#prepare(change, { ...this.words, ...change.words() }, true))
  }

  /** Makes the record anew when it is due. `hasMoved`: its addresses are to be those of now. */
  async renew(hasMoved: boolean): Promise<void> {
    if (!this.#isDue(hasMoved)) return
    const change: OwnChange = { words: () => ({}), isTouch: false }
    await this.#run('input', async () =>
      this.#isDue(hasMoved) ? this.#prepare(change, this.words, false) : () => undefined,
    )
  }

  /** Alone: it decides by the record that is held, and the next job by what it made. */
  async #run(source: 'command' | 'input', prepare: () => Promise<Apply<void>>): Promise<void> {
    const { turns, settings } = this.#context()
    await turns.runAlone(source, prepare).catch((error: unknown) => {
      settings.reload()
      throw error
    })
  }

  /** Notes something about the record without making it anew. */
  async note(state: Partial<OwnProfileState>): Promise<void> {
    const { turns, store } = this.#context()
    await turns.run('input', () => (commit) => {
      const next = { ...this.#state, ...state }
      saveOwnProfileState(store, next)
      commit.touch('profiles')
      commit.afterwards(() => (this.#state = next))
    })
  }

  /** Where this device can be reached now, as a record says it. */
  get addresses(): readonly string[] {
    const { addresses } = this.#context().sessions.status
    return addresses.filter(({ length }) => length <= ADDRESS_LENGTH_MAX).slice(0, PROFILE_ADDRESSES_MAX)
  }

  #isDue(hasMoved: boolean): boolean {
    const record = this.#record
    const { name } = this.words
    if (record === undefined || name === '') return name !== ''
    const now = this.#context().clock.now()
    if (record.name !== name || record.notAfter - now < PROFILE_LIFETIME_MS / 2) return true
    if (!record.isPublic) return false
    const { addresses } = this
    const isElsewhere = addresses.length > 0 && addresses.join(' ') !== record.addresses.join(' ')
    return (hasMoved && isElsewhere) || !this.#isInviteUsable(record.invite, 0)
  }

  #isInviteUsable(link: string | undefined, leftMinMs: number): boolean {
    const context = this.#context()
    const until = context.clock.now() + leftMinMs
    return listInvites(context).some((invite) => invite.link === link && invite.expiresAt > until)
  }

  async #prepare(change: OwnChange, words: OwnWords, isChange: boolean): Promise<Apply<void>> {
    const context = this.#context()
    const { settings, store, vault, clock } = context
    const now = clock.now()
    const wrong = checkProfile(words)
    if (wrong !== undefined) throw new EngineError(wrong === 'too-long' ? 'PROFILE_TOO_LONG' : 'PROFILE_MALFORMED')
    const held = this.#record
    const mayKeepInvite = words.isPublic && this.#isInviteUsable(held?.invite, INVITE_LEFT_MIN_MS)
    const made = words.isPublic && !mayKeepInvite ? prepareInvite(context, now) : undefined
    const isWithdrawn = held?.isPublic === true && !words.isPublic
    const sequence = Math.max((held?.sequence ?? 0) + 1, (change.after ?? 0) + 1, Math.floor(now / 1_000))
    const signed = await this.#sign(
      {
        ...words,
        addresses: this.addresses,
        invite: words.isPublic ? (made?.invite.link ?? held?.invite) : undefined,
        sequence: isWithdrawn ? sequence + 1 : sequence,
        previous: held?.cid,
        changedAt: isChange ? now : (held?.changedAt ?? now),
        notAfter: now + PROFILE_LIFETIME_MS,
      },
      isWithdrawn,
      now,
    )
    const isFirstPublic = words.isPublic && held?.isPublic !== true
    const state: OwnProfileState = {
      ...this.#state,
      isTouched: this.#state.isTouched || change.isTouch,
      publishedAt: isWithdrawn || isFirstPublic ? 0 : this.#state.publishedAt,
      farewell: words.isPublic ? undefined : (signed.farewell ?? this.#state.farewell),
      ...change.state,
    }
    const { record } = signed
    return (commit) => {
      made?.save(commit)
      saveProfile(store, vault, this.digest, {
        account: record.account,
        sequence: record.sequence,
        record: record.bytes,
        checkedAt: now,
      })
      trimVersions(store, record.account, PROFILE_VERSIONS_MAX)
      saveOwnProfileState(store, state)
      if (record.name !== settings.current.name) {
        settings.save({ name: record.name })
        commit.touch('me')
      }
      change.save?.()
      commit.touch('profiles')
      commit.afterwards(() => {
        this.#record = record
        this.#state = state
        this.#changed()
      })
    }
  }

  async #sign(facts: ProfileFacts, isWithdrawn: boolean, now: number) {
    const context = this.#context()
    return withRootSeed(context, async (rootSeed) => {
      const record = await createProfileRecord(context.crypto, rootSeed, facts, now)
      if (!record.ok) throw new EngineError('PROFILE_MALFORMED', `own profile is ${record.reason}`)
      if (!isWithdrawn) return { record: record.value, farewell: undefined }
      const nothing = { name: FAREWELL_NAME, handle: '', location: '', about: '', extra: {}, avatar: undefined }
      const farewell = await createProfileRecord(
        context.crypto,
        rootSeed,
        { ...facts, ...nothing, addresses: [], invite: undefined, isPublic: true, sequence: facts.sequence - 1 },
        now,
      )
      assert(farewell.ok, 'a record that says nothing is valid')
      return { record: record.value, farewell: farewell.value.bytes }
    })
  }
}
