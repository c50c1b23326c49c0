/** What is known of other accounts: records are believed when they are signed, kept when they concern us, newest first. Spec: PFX-3, PFX-5, PFX-6. */
import {
  cidText,
  compareProfiles,
  equalBytes,
  parseProfileRecord,
  PROFILE_FRESH_MS,
  PROFILE_VERSIONS_MAX,
  PROFILES_OF_STRANGERS_MAX,
  profileTopic,
  toHex,
  verifyProfileRecord,
  type ProfileRecord,
} from '@parley/core'
import type { Profile } from '../api/schema.ts'
import type { Context } from '../context.ts'
import { deleteAvatar } from '../store/avatars.ts'
import { contactByAccount, isBlockedAccount, renameClaimed } from '../store/contacts.ts'
import {
  confirmProfile,
  hasProfile,
  profileByDigest,
  saveProfile,
  trimStrangers,
  trimVersions,
} from '../store/profiles.ts'
import type { Commit } from '../turn/commit.ts'
import type { CachedProfile, ProfileCache } from './cache.ts'
import { isFarewell, viewProfile } from './view.ts'

/** How exactly it is known on disk when a record was confirmed. */
const CHECKED_RESOLUTION_MS = PROFILE_FRESH_MS / 4

/**
 * newer: it is what is known now. same: it was. older: something newer is. refused: it is no record, not of whom it should
 * be, or of nobody who concerns us.
 */
export type Taken = 'newer' | 'same' | 'older' | 'refused'

export interface Offer {
  readonly bytes: Uint8Array
  /** Whose record it has to be: they say it themselves, or somebody was asked. Absent: anybody said it unasked. */
  readonly digest?: Uint8Array
  /** It was pushed on this topic, and is only looked at when it belongs there. PUB-2 */
  readonly topic?: number
  /** Somebody here wants to know: it is kept although they are a stranger. */
  readonly isWanted: boolean
}

export interface BookEvents {
  /** After the commit. */
  changed(profile: Profile): void
  /** CID of the own picture: it stays, whoever had the same one. */
  ownPicture(): Uint8Array | undefined
  /** A contact has another picture now, or one that is not here. */
  pictured(record: ProfileRecord): void
}

export class ProfileBook {
  readonly #context: () => Context
  readonly #cache: ProfileCache
  readonly #events: BookEvents

  constructor(context: () => Context, cache: ProfileCache, events: BookEvents) {
    this.#context = context
    this.#cache = cache
    this.#events = events
  }

  /**
   * Checks a record from anybody, and keeps it when it is newer than what is held. Resolves once that is durable. What is
   * not newer costs no signature check and no write.
   * @throws PortError of the store.
   */
  async take({ bytes, digest, topic, isWanted }: Offer): Promise<Taken> {
    const { crypto, clock, turns, self, log } = this.#context()
    const parsed = parseProfileRecord(bytes)
    if (!parsed.ok || (digest !== undefined && !equalBytes(parsed.value.digest, digest))) return 'refused'
    const record = parsed.value
    if (topic !== undefined && profileTopic(record.digest) !== topic) return 'refused'
    const held = this.#cache.held({ bytes: record.digest, hex: toHex(record.digest) })
    const order = compareProfiles(held?.record, record)
    if (order === 'same' && held !== undefined) {
      // Whoever was not asked, and may say it again and again, must not keep others from being asked.
      if (digest !== undefined) await this.confirm(held)
      return 'same'
    }
    if (order !== 'newer') return 'older'
    if (record.account === self.account || !this.#concerns(record, isWanted)) return 'refused'
    const verified = await verifyProfileRecord(crypto, bytes, clock.now())
    if (!verified.ok) {
      log.log('info', 'profile ignored', { reason: verified.reason })
      return 'refused'
    }
    const keep = (commit: Commit) => this.#keep(commit, verified.value, isWanted)
    return turns.run('input', () => keep)
  }

  /** Somebody who must know said that there is nothing newer. */
  async confirm(held: CachedProfile): Promise<void> {
    const { store, turns, clock } = this.#context()
    const now = clock.now()
    this.#cache.confirm(held, now)
    const row = store.all('SELECT checked_at FROM profiles WHERE digest = ?', [held.record.digest])[0]
    const writtenAt = Number(row?.['checked_at'] ?? now)
    if (Math.abs(now - writtenAt) < CHECKED_RESOLUTION_MS) return
    await turns.run('input', () => () => confirmProfile(store, held.record.digest, now))
  }

  /** A public record that takes everything back is no news of a contact: what counts for contacts comes over their link. PFX-9 */
  #concerns(record: ProfileRecord, isWanted: boolean): boolean {
    const { store } = this.#context()
    const isContact = contactByAccount(store, record.account) !== undefined
    if (isContact) return !isFarewell(record) && (isWanted || !isBlockedAccount(store, record.account))
    // What is for contacts alone is for none but them, whoever lets it out. PRF-4
    return record.isPublic && (isWanted || hasProfile(store, record.account))
  }

  #keep(commit: Commit, record: ProfileRecord, isWanted: boolean): Taken {
    const { store, vault, clock, self } = this.#context()
    // Read again: another record may have come in meanwhile, or the contact may have gone.
    const row = profileByDigest(store, vault, record.digest)
    const held = row === undefined ? undefined : parseProfileRecord(row.record)
    const order = compareProfiles(held?.ok === true ? held.value : undefined, record)
    if (order !== 'newer') return order === 'same' ? 'same' : 'older'
    if (!this.#concerns(record, isWanted)) return 'refused'
    const now = clock.now()
    const { account, sequence, bytes } = record
    saveProfile(store, vault, record.digest, { account, sequence, record: bytes, checkedAt: now })
    trimVersions(store, account, PROFILE_VERSIONS_MAX)
    const contact = contactByAccount(store, account)
    if (contact === undefined) trimStrangers(store, self.account, PROFILES_OF_STRANGERS_MAX)
    else {
      renameClaimed(store, account, record.name)
      this.#forgetPicture(held?.ok === true ? held.value.avatar : undefined, record.avatar)
      commit.touchConversation(contact.conversation)
    }
    commit.touch('profiles')
    commit.afterwards(() => {
      this.#cache.put(record, now)
      if (!isFarewell(record)) this.#events.changed(viewProfile(record))
      if (contact?.status === 'active' && record.avatar !== undefined) this.#events.pictured(record)
    })
    return 'newer'
  }

  /** A contact who changes pictures all the time does not push those of others out. PFX-16 */
  #forgetPicture(before: Uint8Array | undefined, now: Uint8Array | undefined): void {
    if (before === undefined) return
    const stays = [now, this.#events.ownPicture()].some((cid) => cid !== undefined && equalBytes(cid, before))
    if (!stays) deleteAvatar(this.#context().store, cidText(before))
  }
}
