/**
 * Profiles of one open account: the own one, made and shown to those who may see it; those of others, believed when they
 * are signed, kept, and found. Spec: PFX-1…PFX-16.
 */
import {
  avatarKind,
  blockCid,
  cidText,
  equalBytes,
  parseCid,
  parseProfileRecord,
  profileTopic,
  type ProfileRecord,
} from '@parley/core'
import { EngineError } from '../api/errors.ts'
import type { OwnProfile as OwnProfileView, Profile, ProfileAnswer } from '../api/schema.ts'
import type { Context } from '../context.ts'
import type { Session } from '../links/session.ts'
import type { Ports } from '../ports/index.ts'
import { allContacts, contactByAccount, isBlockedAccount } from '../store/contacts.ts'
import { profileVersions } from '../store/profiles.ts'
import { Avatars, type Picture } from './avatars.ts'
import { ProfileBook } from './book.ts'
import { ProfileCache, type CachedProfile } from './cache.ts'
import { fetchProfiles, type Waiting } from './fetch.ts'
import { Hearing } from './hearing.ts'
import { HolderClient } from './holder-client.ts'
import type { Priority } from './lane.ts'
import { Lookups } from './lookups.ts'
import { Names } from './names.ts'
import { OwnProfile, type OwnWords } from './own.ts'
import { EXCHANGE_PATIENCE_MS, type ProfileFrame, type ProfileLink } from './profile-link.ts'
import { ProfileLinks } from './profile-links.ts'
import { Publisher } from './publisher.ts'
import { Upkeep } from './upkeep.ts'
import { isFarewell, viewOwn, viewProfile } from './view.ts'

export interface ProfileEvents {
  /** Newer profiles are durable, or the own one changed. */
  changed(profiles: readonly Profile[]): void
}

export class ProfileService {
  readonly cache: ProfileCache
  readonly avatars: Avatars
  readonly own: OwnProfile
  readonly #context: () => Context
  readonly #events: ProfileEvents
  readonly #book: ProfileBook
  readonly #holders: HolderClient
  readonly #names: Names
  readonly #lookups: Lookups
  readonly #publisher: Publisher
  readonly #hearing: Hearing
  readonly #links: ProfileLinks
  readonly #stopping = new AbortController()
  readonly #upkeep: Upkeep
  readonly #waiting: Waiting = { count: 0 }
  #isStarted = false

  /** `platform`: the store before there is a context. */
  constructor(
    context: () => Context,
    platform: Pick<Context, 'store' | 'vault'> & { readonly account: string; readonly openNames: Ports['openNames'] },
    network: ConstructorParameters<typeof HolderClient>[0],
    events: ProfileEvents,
  ) {
    this.#context = context
    this.#events = events
    this.cache = new ProfileCache(context)
    this.#links = new ProfileLinks(context, {
      ownFor: (other) => this.#ownFor(other),
      pictureFor: (other, cid) => this.#pictureFor(other, cid),
      heldSequence: (other) => this.#heldOf(other)?.record.sequence ?? 0,
      received: (other, bytes) => this.#received(other, bytes),
      confirmed: (other, sequence) => this.#confirmed(other, sequence),
      failed: (error) => this.#failed('profiles of a link', error),
    })
    this.own = new OwnProfile(context, platform.account, platform, () => this.#ownChanged())
    this.#book = new ProfileBook(context, this.cache, {
      changed: (profile) => events.changed([profile]),
      ownPicture: () => this.own.record?.avatar,
      pictured: ({ avatar }) => avatar !== undefined && this.avatars.prefetch(avatar),
    })
    this.#holders = new HolderClient(network)
    this.#names = new Names(context, platform.openNames)
    this.#lookups = new Lookups({
      context,
      cache: this.cache,
      book: this.#book,
      holders: this.#holders,
      names: this.#names,
      askLink: (digestHex, patienceMs) => this.#linkOf(digestHex)?.ask(patienceMs),
    })
    this.avatars = new Avatars({
      context,
      holders: this.#holders,
      own: () => this.own.record?.avatar,
      askLinks: (cid) => this.#askForPicture(cid),
      mayAskHolders: (cid) => this.#ownersOf(cid).every(({ record }) => record.isPublic),
    })
    this.#publisher = new Publisher({
      context,
      own: this.own,
      holders: this.#holders,
      names: this.#names,
      picture: (cid) => this.avatars.read(cidText(cid)),
      pictured: (image) => this.#keepPicture(image),
    })
    this.#hearing = new Hearing(context, this.#book)
    this.#upkeep = new Upkeep(context, this.own, (account) => this.#look(account, 'background'))
  }

  /** The network runs. Resolves when the own record is durable, if there can be one. */
  async start(): Promise<void> {
    await this.own.renew(false)
    this.#isStarted = true
    this.listen()
    this.#publisher.start()
    this.#upkeep.start()
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new EngineError('CLOSED'))
    this.#upkeep.stop()
    this.#links.stop()
    this.#lookups.stop()
    this.avatars.stop()
    this.#hearing.stop()
    await this.#publisher.stop()
    await this.#names.stop()
  }

  // Links

  opened(session: Session): void {
    const { account } = session
    if (account === undefined || this.#stopping.signal.aborted) return
    const link = this.#links.opened(session, account)
    if (contactByAccount(this.#context().store, account) !== undefined) void link.start()
  }

  closed(session: Session): void {
    this.#links.closed(session)
  }

  onFrame(session: Session, frame: ProfileFrame): void {
    this.#links.of(session)?.onFrame(frame)
  }

  drained(session: Session): void {
    this.#links.of(session)?.drained()
  }

  /** They are a contact now: both may see what is for contacts. */
  befriended(account: string): void {
    for (const link of this.#links.ofAccount(account)) {
      link.announce()
      void link.start()
    }
    this.listen()
  }

  // The network

  heard(topic: number, record: Uint8Array): void {
    this.#hearing.heard(topic, record)
  }

  /** Hears the topics of all contacts. */
  listen(): void {
    if (!this.#isStarted || this.#stopping.signal.aborted) return
    const { store, sessions } = this.#context()
    const topics = allContacts(store).flatMap(({ account }) => {
      const digest = this.cache.digestOf(account)
      return digest === undefined ? [] : [profileTopic(digest.bytes)]
    })
    this.#hearing.listen(new Set(topics))
    sessions.profiles.listen(new Set(topics))
  }

  /** Other push nodes are connected. */
  pushNodesChanged(): void {
    if (this.#isStarted) this.#publisher.pushNodesChanged()
  }

  /** Addresses, or the invites, are other ones. */
  moved(): void {
    this.#upkeep.moved()
  }

  // What callers ask

  view(): OwnProfileView {
    const { settings } = this.#context()
    return viewOwn(this.own, this.#context().self.account, settings.current.createdAt)
  }

  /** @throws EngineError `PROFILE_TOO_LONG`, `PROFILE_MALFORMED`. */
  async update(words: Partial<OwnWords>): Promise<OwnProfileView> {
    await this.own.change({ words: () => words, isTouch: true })
    return this.view()
  }

  /** `undefined` removes it. @throws EngineError `AVATAR_UNUSABLE`. */
  async setAvatar(image: Uint8Array | undefined): Promise<OwnProfileView> {
    if (image !== undefined && avatarKind(image) === undefined) throw new EngineError('AVATAR_UNUSABLE')
    await this.own.change({
      words: () => ({ avatar: image === undefined ? undefined : blockCid(image) }),
      isTouch: true,
      ...(image === undefined ? {} : { save: () => this.avatars.save(image, true) }),
    })
    return this.view()
  }

  /** @throws EngineError `AVATAR_NOT_FOUND`. */
  async picture(cid: string): Promise<Picture> {
    const parsed = parseCid(cid)
    if (parsed === undefined) throw new EngineError('AVATAR_NOT_FOUND')
    return this.avatars.get(parsed)
  }

  cached(ids: readonly string[]): ProfileAnswer[] {
    return [...new Set(ids)].map((id) => this.fromCache(id) ?? missing(id))
  }

  /** Each id exactly once; see {@link fetchProfiles}. */
  fetch(ids: readonly string[], priority: Priority, signal?: AbortSignal): AsyncIterable<ProfileAnswer> {
    const host = {
      waiting: this.#waiting,
      fromCache: (id: string) => this.fromCache(id),
      isFresh: (cached: CachedProfile) => this.cache.isFresh(cached),
      look: (id: string, urgency: Priority) => this.#look(id, urgency),
      refresh: (id: string, urgency: Priority) => void this.#look(id, urgency),
    }
    return fetchProfiles(host, ids, priority, [this.#stopping.signal, ...(signal === undefined ? [] : [signal])])
  }

  /** What is known here, if anything; the own one is always fresh. */
  fromCache(id: string): ProfileAnswer | undefined {
    const digest = this.cache.digestOf(id)
    if (digest !== undefined && equalBytes(digest.bytes, this.own.digest) && this.own.record !== undefined) {
      const { visibility: _visibility, ipnsName: _ipnsName, publishedAt: _publishedAt, ...profile } = this.view()
      return { id, outcome: 'found', profile, isFresh: true, source: 'cache' }
    }
    const shown = this.cache.shown(id)
    if (shown === undefined) return undefined
    return { id, outcome: 'found', profile: shown.profile, isFresh: this.cache.isFresh(shown), source: 'cache' }
  }

  /** Records of one account that were seen here, the newest first. */
  history(account: string): Profile[] {
    const { store, vault } = this.#context()
    return profileVersions(store, vault, account).flatMap((bytes) => {
      const record = parseProfileRecord(bytes)
      return record.ok && !isFarewell(record.value) ? [viewProfile(record.value)] : []
    })
  }

  #look(id: string, priority: Priority) {
    const digest = this.cache.digestOf(id)
    if (digest === undefined || equalBytes(digest.bytes, this.own.digest)) return undefined
    return this.#lookups.look(digest, id.startsWith('did:') ? id : undefined, priority)
  }

  // Inside

  #ownChanged(): void {
    for (const link of this.#links.open) {
      if (contactByAccount(this.#context().store, link.account)?.status === 'active') link.announce()
    }
    this.#publisher.changed()
    const { visibility: _visibility, ipnsName: _ipnsName, publishedAt: _publishedAt, ...profile } = this.view()
    this.#events.changed([profile])
  }

  /** A record for contacts goes to contacts; a public one to whoever asks. PFX-3 */
  #ownFor(account: string): ProfileRecord | undefined {
    const { store } = this.#context()
    const { record } = this.own
    if (record === undefined || isBlockedAccount(store, account)) return undefined
    return record.isPublic || contactByAccount(store, account)?.status === 'active' ? record : undefined
  }

  #pictureFor(account: string, cid: Uint8Array): Uint8Array | undefined {
    const avatar = this.#ownFor(account)?.avatar
    return avatar !== undefined && equalBytes(avatar, cid) ? this.avatars.read(cidText(cid)) : undefined
  }

  #heldOf(account: string): CachedProfile | undefined {
    const digest = this.cache.digestOf(account)
    return digest === undefined ? undefined : this.cache.held(digest)
  }

  async #received(account: string, bytes: Uint8Array): Promise<void> {
    const digest = this.cache.digestOf(account)
    if (digest === undefined) return
    await this.#book.take({ bytes, digest: digest.bytes, isWanted: this.#lookups.isLooking(digest.hex) })
  }

  async #confirmed(account: string, sequence: number): Promise<void> {
    const held = this.#heldOf(account)
    if (held?.record.sequence === sequence) await this.#book.confirm(held)
  }

  #linkOf(digestHex: string): ProfileLink | undefined {
    return this.#links.open.find(({ account }) => this.cache.digestOf(account)?.hex === digestHex)
  }

  /** Those we are linked with, or know from lately, whose picture this is. */
  #ownersOf(cid: string): readonly CachedProfile[] {
    const { store } = this.#context()
    return allContacts(store).flatMap(({ account }) => {
      const shown = this.cache.shown(account)
      return shown?.profile.avatar === cid ? [shown] : []
    })
  }

  async #askForPicture(cid: Uint8Array): Promise<Uint8Array | undefined> {
    const name = cidText(cid)
    for (const link of this.#links.open) {
      if (this.cache.shown(link.account)?.profile.avatar !== name) continue
      const image = await link.picture(cid, EXCHANGE_PATIENCE_MS)
      if (image !== undefined) return image
    }
    return undefined
  }

  async #keepPicture(image: Uint8Array): Promise<void> {
    if (avatarKind(image) === undefined) return
    await this.#context().turns.run('input', () => () => this.avatars.save(image, true))
  }

  #failed(what: string, error: unknown): void {
    if (!this.#stopping.signal.aborted) this.#context().log.log('warn', `${what} failed`, { error: String(error) })
  }
}

const missing = (id: string): ProfileAnswer => ({ id, outcome: 'missing', isFresh: false, source: 'none' })
