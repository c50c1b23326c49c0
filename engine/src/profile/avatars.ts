/** Pictures: the own one, and those of others, which are fetched from whoever may have them and kept within bounds. Spec: PFX-15, PFX-16. */
import {
  AVATARS_BYTES_MAX,
  avatarKind,
  blockCid,
  cidText,
  PROFILE_LOOKUP_TIMEOUT_MS,
  toHex,
  type AvatarKind,
} from '@parley/core'
import { EngineError } from '../api/errors.ts'
import type { Context } from '../context.ts'
import {
  AVATAR_USE_RESOLUTION_MS,
  hasAvatar,
  readAvatar,
  saveAvatar,
  trimAvatars,
  usedAvatar,
} from '../store/avatars.ts'
import type { HolderClient } from './holder-client.ts'
import { Lane } from './lane.ts'
import { within } from './within.ts'

/** Pictures that are fetched at the same time. */
const FETCHES_MAX = 4
/** Pictures that wait to be fetched by themselves; more are fetched when somebody looks at them. */
const WAITING_MAX = 1_024

export interface Picture {
  readonly image: Uint8Array
  readonly mediaType: AvatarKind['mediaType']
}

export interface AvatarHost {
  readonly context: () => Context
  readonly holders: HolderClient
  /** The CID of the own picture. */
  readonly own: () => Uint8Array | undefined
  /** Asks those who say that this is their picture, over links to them. */
  readonly askLinks: (cid: Uint8Array) => Promise<Uint8Array | undefined>
  /** False where everybody who is known to have this picture shows it to contacts alone. PFX-11 */
  readonly mayAskHolders: (cid: string) => boolean
}

interface Fetch {
  readonly cid: Uint8Array
  readonly ended: PromiseWithResolvers<Uint8Array | undefined>
}

export class Avatars {
  readonly #host: AvatarHost
  readonly #fetches = new Map<string, Fetch>()
  readonly #lane: Lane<Fetch>
  readonly #stopping = new AbortController()

  constructor(host: AvatarHost) {
    this.#host = host
    this.#lane = new Lane({
      atOnce: FETCHES_MAX,
      batchMax: 1,
      run: async (batch) => {
        for (const one of batch) one.ended.resolve(await this.#fetch(one.cid))
      },
    })
  }

  stop(): void {
    this.#stopping.abort(new Error('the engine stops'))
    this.#lane.clear()
    for (const { ended } of this.#fetches.values()) ended.resolve(undefined)
  }

  /** From here. */
  read(cid: string): Uint8Array | undefined {
    const { store, vault, clock, turns, log } = this.#host.context()
    const stored = readAvatar(store, vault, cid)
    if (stored === undefined) return undefined
    const now = clock.now()
    if (Math.abs(now - stored.usedAt) >= AVATAR_USE_RESOLUTION_MS) {
      turns
        .run('input', () => () => usedAvatar(store, cid, now))
        .catch((error: unknown) => log.log('warn', 'use of a picture not noted', { error: String(error) }))
    }
    return stored.image
  }

  /** Inside a transaction. The bytes are a picture; `isOwn`: it is about to be the own one. */
  save(image: Uint8Array, isOwn: boolean): void {
    const { store, vault, clock } = this.#host.context()
    const cid = blockCid(image)
    const own = isOwn ? cid : this.#host.own()
    saveAvatar(store, vault, cidText(cid), image, clock.now())
    trimAvatars(store, own === undefined ? undefined : cidText(own), AVATARS_BYTES_MAX)
  }

  /** @throws EngineError `AVATAR_NOT_FOUND` when nobody who can be reached has it. */
  async get(cid: Uint8Array): Promise<Picture> {
    const image = this.read(cidText(cid)) ?? (await this.#look(cid, 'visible'))
    const kind = image === undefined ? undefined : avatarKind(image)
    if (image === undefined || kind === undefined) throw new EngineError('AVATAR_NOT_FOUND')
    return { image, mediaType: kind.mediaType }
  }

  /** Nobody looks at it yet: it is there when somebody does. */
  prefetch(cid: Uint8Array): void {
    const { store } = this.#host.context()
    if (this.#stopping.signal.aborted || this.#fetches.size >= WAITING_MAX || hasAvatar(store, cidText(cid))) return
    void this.#look(cid, 'background')
  }

  async #look(cid: Uint8Array, priority: 'visible' | 'background'): Promise<Uint8Array | undefined> {
    if (this.#stopping.signal.aborted) return undefined
    const name = toHex(cid)
    const known = this.#fetches.get(name)
    const fetch = known ?? { cid, ended: Promise.withResolvers<Uint8Array | undefined>() }
    if (known === undefined) {
      this.#fetches.set(name, fetch)
      this.#lane.add(fetch, priority)
    } else if (this.#lane.has(known)) this.#lane.add(known, priority)
    try {
      return await fetch.ended.promise
    } finally {
      this.#fetches.delete(name)
    }
  }

  /** Never rejects. */
  async #fetch(cid: Uint8Array): Promise<Uint8Array | undefined> {
    const { turns, log } = this.#host.context()
    try {
      const image = (await this.#host.askLinks(cid)) ?? (await this.#askHolders(cid))
      if (image === undefined || avatarKind(image) === undefined) return undefined
      await turns.run('input', () => (commit) => {
        this.save(image, false)
        commit.touch('profiles')
      })
      return image
    } catch (error) {
      if (!this.#stopping.signal.aborted) log.log('warn', 'picture not fetched', { error: String(error) })
      return undefined
    }
  }

  async #askHolders(cid: Uint8Array): Promise<Uint8Array | undefined> {
    if (!this.#host.mayAskHolders(cidText(cid))) return undefined
    const { clock, log } = this.#host.context()
    for (const address of this.#host.holders.pushNodes()) {
      this.#stopping.signal.throwIfAborted()
      try {
        const image = await within(clock, [this.#stopping.signal], PROFILE_LOOKUP_TIMEOUT_MS / 2, (signal) =>
          this.#host.holders.fetch(address, cid, signal),
        )
        if (image !== undefined) return image
      } catch (error) {
        log.log('debug', 'a holder of pictures does not answer', { error: String(error) })
      }
    }
    return undefined
  }
}
