/**
 * Our bundle under each of our invites, so that whoever has one can write to us while we are away; and the bundles of
 * those whose invites we followed. Spec: PTR-8, OFF-13.
 */
import {
  blockCid,
  equalBytes,
  invitePointerSecret,
  openInviteBundle,
  openPointer,
  peerIdOfKey,
  pointerKey,
  POINTER_HOLDERS_MAX,
  sealInviteBundle,
  sealPointer,
  sha256,
  concat,
  toHex,
  WAITING_LIFETIME_MS,
  type Invite,
  type PointerRecord,
} from '@parley/core'
import { prepareBundle } from '../account/bundle.ts'
import { followedInvite, takeBundle } from '../contact/contacts.ts'
import { inviteSecrets } from '../contact/invites.ts'
import type { Context } from '../context.ts'
import type { Cancel } from '../ports/clock.ts'
import { allContacts, isBlockedAccount, type ContactRow } from '../store/contacts.ts'
import {
  changeDeposit,
  depositPlace,
  depositsOfChain,
  holdingsOf,
  insertDeposit,
  saveHolding,
  type Deposit,
} from '../store/deposits.ts'
import { textOf } from '../store/rows.ts'
import type { Blocks } from './blocks.ts'
import type { Holders } from './holders.ts'
import { copiesWanted, pushNodesOf } from './places.ts'
import { encodeSecret } from './slot-secret.ts'
import type { Warehouse } from './warehouse.ts'

/** Everything published is renewed once in this time. */
const PUBLISH_INTERVAL_MS = 60 * 60_000
const PUBLISH_DELAY_MS = 500
/** The maker of an invite gets this long to answer itself; then its bundle is looked for, less and less often. */
const LOOK_DELAY_MIN_MS = 1_500
const LOOK_DELAY_MAX_MS = 10 * 60_000
const NONCE_BYTES = 24

export interface InviteBundlesOptions {
  readonly holders: Holders
  readonly warehouse: Warehouse
  readonly blocks: Blocks
}

export class InviteBundles {
  readonly #context: () => Context
  readonly #options: InviteBundlesOptions
  #publishTimer: Cancel | undefined
  #lookTimer: Cancel | undefined
  #lookDelayMs = LOOK_DELAY_MIN_MS
  #work: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(context: () => Context, options: InviteBundlesOptions) {
    this.#context = context
    this.#options = options
  }

  start(): void {
    this.changed()
    this.look()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#publishTimer?.()
    this.#lookTimer?.()
    await this.#work
  }

  /** Invites were made or revoked, or push nodes came. */
  changed(): void {
    this.#publishLater(PUBLISH_DELAY_MS)
  }

  /** Somebody was added, or push nodes came. */
  look(): void {
    this.#lookDelayMs = LOOK_DELAY_MIN_MS
    this.#lookLater()
  }

  #publishLater(delayMs: number): void {
    if (this.#isStopped) return
    this.#publishTimer?.()
    this.#publishTimer = this.#context().clock.after(delayMs, () => {
      this.#queue(() => this.#publishAll())
      this.#publishLater(PUBLISH_INTERVAL_MS)
    })
  }

  #lookLater(): void {
    if (this.#isStopped) return
    this.#lookTimer?.()
    this.#lookTimer = undefined
    if (this.#unanswered().length === 0) return
    this.#lookTimer = this.#context().clock.after(this.#lookDelayMs, () => {
      this.#lookDelayMs = Math.min(LOOK_DELAY_MAX_MS, 2 * this.#lookDelayMs)
      this.#queue(() => this.#lookForAll())
      this.#lookLater()
    })
  }

  #queue(work: () => Promise<void>): void {
    this.#work = this.#work
      .then(work)
      .catch((error: unknown) =>
        this.#context().log.log('info', 'invites were not looked after', { error: String(error) }),
      )
  }

  async #publishAll(): Promise<void> {
    const context = this.#context()
    // With nobody to leave them with, every new invite would open all of them in vain.
    if (context.sessions.mailbox.pushNodes().length === 0 && !this.#options.warehouse.hasOwnLocations) return
    const secrets = inviteSecrets(context, context.clock.now())
    for (const [id, secret] of secrets) {
      if (this.#isStopped) return
      await this.#publish(id, secret)
    }
    const rows = context.store.all(
      "SELECT DISTINCT chain FROM deposits WHERE state <> 'void' AND chain LIKE 'invite/%'",
    )
    for (const chain of rows.map((row) => textOf(row, 'chain'))) {
      if (!secrets.has(chain.slice('invite/'.length))) await this.#retract(chain)
    }
  }

  async #publish(id: string, inviteSecret: Uint8Array): Promise<void> {
    const context = this.#context()
    const { store, vault, crypto, clock, random, turns, sessions } = context
    const places = sessions.mailbox.pushNodes()
    const bundle = await this.#ownBundle()
    // The same bundle under the same invite is the same block, so that nothing is left twice.
    const nonce = sha256(concat(inviteSecret, sha256(bundle))).slice(0, NONCE_BYTES)
    const bytes = sealInviteBundle(crypto, inviteSecret, nonce, bundle)
    if (bytes === undefined) throw new Error('the own bundle is too large for an invite')
    const block = { cid: blockCid(bytes), size: bytes.length, bytes }
    const wanted = copiesWanted(places)
    const copies = await this.#options.warehouse.keep(places, [block], wanted)
    const chain = `invite/${id}`
    const secret = invitePointerSecret(inviteSecret)
    const held = depositsOfChain(store, chain).at(-1)
    const now = clock.now()
    const sequence = Math.max(now, (held?.sequence ?? 0) + 1)
    const expiresAt = now + WAITING_LIFETIME_MS
    const pushNodes = copies.holders.map(({ address }) => address)
    const holders = [...pushNodes, ...copies.locations].slice(0, POINTER_HOLDERS_MAX)
    const facts = { sequence, expiresAt, nonce: random(NONCE_BYTES) }
    const record = await sealPointer(crypto, secret, facts, { blocks: [block], holders })
    const key = pointerKey(await crypto.ed25519PublicKey(secret.seed))
    const fields = { sequence, record, blocks: [block], locations: copies.locations, renewedAt: now, expiresAt }
    await turns.run('input', () => () => {
      const secretSealed = vault.seal(depositPlace(chain, 0), encodeSecret(secret))
      const place = { peerId: '', chain, slot: 0, key, topic: 0, secretSealed, wanted, createdAt: now }
      if (held !== undefined) changeDeposit(store, held, fields, 'placed')
      const deposit = held?.id ?? insertDeposit(store, { ...place, ...fields })
      for (const { address, receipt } of copies.holders) {
        saveHolding(store, deposit, { holder: address, receipt, checkedAt: now, isLost: false })
      }
    })
    await this.#options.warehouse.point(record, key, places)
    const former = held?.blocks.filter(({ cid }) => !equalBytes(cid, block.cid)) ?? []
    if (held !== undefined && former.length > 0) await this.#discard(held, former)
  }

  async #discard({ id }: Deposit, blocks: Deposit['blocks']): Promise<void> {
    const holders = holdingsOf(this.#context().store, id).map(({ holder }) => holder)
    await this.#options.warehouse.discard(
      blocks.map(({ cid }) => cid),
      holders,
    )
  }

  #ownBundle(): Promise<Uint8Array> {
    const context = this.#context()
    return context.turns.runAlone('input', async () => {
      const wish = {
        addresses: context.sessions.status.addresses,
        now: context.clock.now(),
        hasOneTimeKeyPackage: false,
      }
      const { bundle, save } = await prepareBundle(context, wish)
      return () => {
        save()
        return bundle.bytes
      }
    })
  }

  /** The invite works no longer: what it led to is emptied. */
  async #retract(chain: string): Promise<void> {
    const { store, turns } = this.#context()
    for (const deposit of depositsOfChain(store, chain)) {
      await this.#discard(deposit, deposit.blocks)
      await turns.run('input', () => () => changeDeposit(store, deposit, { ...deposit, blocks: [] }, 'void'))
    }
  }

  /** Those whom we added, and who did not answer yet. */
  #unanswered(): readonly ContactRow[] {
    const { store } = this.#context()
    return allContacts(store).filter(
      ({ account, status, isRequested, inviteSealed }) =>
        status === 'invited' && !isRequested && inviteSealed !== undefined && !isBlockedAccount(store, account),
    )
  }

  async #lookForAll(): Promise<void> {
    for (const contact of this.#unanswered()) {
      const followed = followedInvite(this.#context(), contact)
      if (followed !== undefined && !this.#isStopped) await this.#lookFor(contact, followed.invite)
    }
  }

  async #lookFor(contact: ContactRow, invite: Invite): Promise<void> {
    const context = this.#context()
    const { crypto, sessions, turns, clock } = context
    const secret = invitePointerSecret(invite.secret)
    const key = pointerKey(await crypto.ed25519PublicKey(secret.seed))
    const devices = invite.devices.map(({ deviceKey }) => peerIdOfKey(deviceKey))
    const near = new Set([
      ...devices.flatMap((peerId) => pushNodesOf(context, peerId)),
      ...sessions.mailbox.pushNodes(),
    ])
    const record = (await this.#find([...near], key)) ?? (await this.#findInDht(key))
    const payload = record?.type === 'signed' ? openPointer(crypto, secret.payloadKey, record) : undefined
    const [named] = payload?.blocks ?? []
    if (payload === undefined || named === undefined) return
    const found = await this.#options.blocks.fetch([{ ...named, holders: [...near, ...payload.holders] }])
    const block = found.get(toHex(named.cid))
    const bundle = block === undefined ? undefined : openInviteBundle(crypto, invite.secret, block)
    if (bundle === undefined) return
    for (const peerId of devices) {
      const from = { account: contact.account, peerId }
      if (await turns.runAlone('input', () => takeBundle(context, from, bundle, clock.now()))) return
    }
  }

  async #find(places: readonly string[], key: Uint8Array): Promise<PointerRecord | undefined> {
    const answers = await Promise.all(
      places.map((address) => this.#options.holders.find(address, [key]).catch(() => [])),
    )
    return newest(answers.flat().filter((record) => toHex(record.key) === toHex(key)))
  }

  async #findInDht(key: Uint8Array): Promise<PointerRecord | undefined> {
    const peers = await this.#context().sessions.mailbox.closest(key, this.#options.blocks.signal)
    return this.#find(peers, key)
  }
}

const newest = (records: readonly PointerRecord[]): PointerRecord | undefined =>
  records.reduce<PointerRecord | undefined>(
    (best, record) => (best === undefined || record.sequence > best.sequence ? record : best),
    undefined,
  )
