/**
 * Decoded records in memory, over those in the store: a list that asks for a hundred names again and again opens and
 * decodes none of them twice. Spec: PFX-5, PFX-10.
 */
import { digestOfPersonId, parseProfileRecord, PROFILE_FRESH_MS, toHex, type ProfileRecord } from '@parley/core'
import type { Profile } from '../api/schema.ts'
import type { Context } from '../context.ts'
import { RecentlyUsed } from '../conversation/recently-used.ts'
import { profileByDigest } from '../store/profiles.ts'
import { isFarewell, viewProfile } from './view.ts'

/** Records that are kept decoded; at most PROFILE_BYTES_MAX each, mostly far below a thousand bytes. */
const CACHED_MAX = 2_048
/** Ids whose digest is remembered: computing one takes a hash and base58. */
const DIGESTS_MAX = 16_384

export interface CachedProfile {
  readonly record: ProfileRecord
  readonly profile: Profile
  readonly checkedAt: number
}

export class ProfileCache {
  readonly #context: () => Pick<Context, 'store' | 'vault' | 'clock'>
  readonly #cached = new RecentlyUsed<CachedProfile>(CACHED_MAX, () => false)
  /** `null`: an id that no key has. */
  readonly #digests = new RecentlyUsed<{ readonly bytes: Uint8Array; readonly hex: string } | null>(
    DIGESTS_MAX,
    () => false,
  )

  constructor(context: () => Pick<Context, 'store' | 'vault' | 'clock'>) {
    this.#context = context
  }

  /** The digest of a `did:key:…` or `Qm…`, in bytes (shared, not to be changed) and in hex. */
  digestOf(id: string): { readonly bytes: Uint8Array; readonly hex: string } | undefined {
    const known = this.#digests.peek(id)
    if (known !== undefined) return known ?? undefined
    const bytes = digestOfPersonId(id)
    const digest = bytes === undefined ? null : { bytes, hex: toHex(bytes) }
    this.#digests.use(id, digest)
    return digest ?? undefined
  }

  /** The newest record that is known here, even one that takes everything back. @throws PortError of the store. */
  held(digest: { readonly bytes: Uint8Array; readonly hex: string }): CachedProfile | undefined {
    const cached = this.#cached.peek(digest.hex)
    if (cached !== undefined) {
      this.#cached.use(digest.hex, cached)
      return cached
    }
    const { store, vault } = this.#context()
    const row = profileByDigest(store, vault, digest.bytes)
    if (row === undefined) return undefined
    const record = parseProfileRecord(row.record)
    // What an earlier version took and this one would not is as if it were not there: the next record takes its place.
    return record.ok ? this.put(record.value, row.checkedAt) : undefined
  }

  /** What may be shown of a person. */
  shown(id: string): CachedProfile | undefined {
    const digest = this.digestOf(id)
    const held = digest === undefined ? undefined : this.held(digest)
    return held === undefined || isFarewell(held.record) ? undefined : held
  }

  /** What is durable now. */
  put(record: ProfileRecord, checkedAt: number): CachedProfile {
    const cached = { record, profile: viewProfile(record), checkedAt }
    this.#cached.use(toHex(record.digest), cached)
    return cached
  }

  /** Somebody said that it is the newest one. */
  confirm({ record }: CachedProfile, now: number): void {
    this.put(record, now)
  }

  /** Whether it was confirmed lately; a clock that was set back makes nothing fresh for ever. */
  isFresh({ checkedAt }: CachedProfile): boolean {
    return Math.abs(this.#context().clock.now() - checkedAt) < PROFILE_FRESH_MS
  }
}
