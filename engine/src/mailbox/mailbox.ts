/** Offline delivery of one account: leaves what waits for others, fetches what waits for us, looks after both. Spec: OFF. */
import type { Context } from '../context.ts'
import type { BlockReaderPort, BlockStoragePort } from '../ports/block-storage.ts'
import type { Ports } from '../ports/index.ts'
import { Blocks } from './blocks.ts'
import { Depositor } from './depositor.ts'
import { Holders } from './holders.ts'
import type { IntakeEvents } from './intake.ts'
import { InviteBundles } from './invite-bundles.ts'
import { Retriever } from './retriever.ts'
import { Upkeep } from './upkeep.ts'
import { Warehouse } from './warehouse.ts'

export interface MailboxOptions {
  readonly events: IntakeEvents
  /** The own storage, opened when it is first needed. */
  readonly storage: Ports['storage']
  /** What reads the storage of others, opened when it is first needed. */
  readonly openReaders: (() => Promise<readonly BlockReaderPort[]>) | undefined
}

export class Mailbox {
  readonly #context: () => Context
  readonly #options: MailboxOptions
  readonly #stopping = new AbortController()
  #storage: Promise<BlockStoragePort | undefined> | undefined
  #readers: Promise<readonly BlockReaderPort[]> | undefined
  #parts: Parts | undefined

  constructor(context: () => Context, options: MailboxOptions) {
    this.#context = context
    this.#options = options
  }

  start(): void {
    const { signal } = this.#stopping
    const { events, storage } = this.#options
    const context = this.#context()
    const holders = new Holders(context, context.sessions.mailbox, signal)
    const blocks = new Blocks({
      holders,
      pushNodes: () => context.sessions.mailbox.pushNodes(),
      openReaders: () => this.#openReaders(),
      clock: context.clock,
      log: context.log,
      signal,
    })
    const warehouse = new Warehouse(this.#context, {
      holders,
      openStorage: () => this.#openStorage(),
      hasOwnLocations: storage !== undefined && storage.kind !== 'self-hosted',
      signal,
    })
    this.#parts = {
      depositor: new Depositor(this.#context, warehouse),
      retriever: new Retriever(this.#context, { holders, blocks, events }),
      upkeep: new Upkeep(this.#context, holders, warehouse),
      invites: new InviteBundles(this.#context, { holders, warehouse, blocks }),
    }
    for (const part of Object.values(this.#parts)) part.start()
  }

  disconnected(peerId: string): void {
    this.#parts?.depositor.disconnected(peerId)
  }

  /** Something waits for this device. */
  wake(peerId: string): void {
    this.#parts?.depositor.schedule(peerId)
  }

  /** Something that was deposited waits no longer. */
  released(): void {
    this.#parts?.upkeep.release()
  }

  woken(topic: number, hint: Uint8Array): void {
    this.#parts?.retriever.woken(topic, hint)
  }

  pushNodesChanged(): void {
    this.#parts?.retriever.pushNodesChanged()
    this.#parts?.depositor.hurry()
    this.#parts?.upkeep.soon()
    this.#parts?.invites.changed()
    this.#parts?.invites.look()
  }

  invitesChanged(): void {
    this.#parts?.invites.changed()
  }

  /** Somebody was added, or became a contact. */
  contactsChanged(): void {
    this.#parts?.invites.look()
    this.#parts?.retriever.look('near')
  }

  /** Ends every request; what was durable stays. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the mailbox stops'))
    for (const part of Object.values(this.#parts ?? {})) await part.stop()
    await (await this.#storage?.catch(() => undefined))?.stop()
    for (const reader of (await this.#readers?.catch(() => [])) ?? []) await reader.stop()
  }

  #openStorage(): Promise<BlockStoragePort | undefined> {
    this.#storage ??= this.#options.storage?.open() ?? Promise.resolve(undefined)
    return this.#storage
  }

  #openReaders(): Promise<readonly BlockReaderPort[]> {
    this.#readers ??= this.#options.openReaders?.() ?? Promise.resolve([])
    return this.#readers
  }
}

interface Parts {
  readonly depositor: Depositor
  readonly retriever: Retriever
  readonly upkeep: Upkeep
  readonly invites: InviteBundles
}
