/**
 * Conversation states: the staged ones of the running batch over the current ones over the store. Implements
 * {@link Stage}, so that a failed batch leaves no trace. Spec: CNV-3.
 */
import {
  decodeCbor,
  decodeGroup,
  encodeCbor,
  encodeGroup,
  eraseGroup,
  isBytes,
  isList,
  isMessageId,
  isText,
  toHex,
  zero,
  type Group,
  type HybridTime,
  type MessageIdBytes,
  type MlsContext,
  type Order,
} from '@parley/core'
import { PortError } from '../ports/port-error.ts'
import type { SqlRow, StorePort } from '../ports/store.ts'
import { bytesOf, numberOf, optionalText, textOf } from '../store/rows.ts'
import type { Stage } from '../turn/turns.ts'
import type { Vault } from '../vault/vault.ts'
import { currentHead } from './epochs.ts'
import { RecentlyUsed } from './recently-used.ts'
import type { ConversationState, Epoch, EpochKeys, Head } from './state.ts'

/** Decoded conversations kept in memory, the least recently used go first; what goes is read again when needed. */
export const CONVERSATIONS_CACHED_MAX = 256

interface Mark {
  readonly staged: ReadonlyMap<string, ConversationState>
  readonly orders: number
  readonly received: number
  readonly answers: number
  readonly erasures: number
}

/** A message of somebody else, new in this batch: its author is owed a receipt. */
export interface ReceivedMessage {
  readonly conversation: string
  readonly id: MessageIdBytes
}

/** What became of an envelope that came by way of holders: its sender is owed an answer. OFF-7 */
export interface StoredAnswer {
  readonly conversation: string
  /** Envelope id. */
  readonly envelope: Uint8Array
  readonly isRead: boolean
}

export class ConversationCache implements Stage {
  readonly #store: StorePort
  readonly #vault: Vault
  readonly #mls: MlsContext
  readonly #self: string
  /** What something is staged over is compared with it when it is saved: it stays until the batch is over. */
  readonly #current: RecentlyUsed<ConversationState>
  #staged = new Map<string, ConversationState>()
  /** Order of messages staged in this batch, by id: they are not in the store yet. */
  readonly #orders = new Map<string, Order>()
  #received: ReceivedMessage[] = []
  #answers: StoredAnswer[] = []
  /** Secrets that nothing needs once this batch is durable. */
  #erasures: Uint8Array[] = []

  /** `self`: own account. */
  constructor(store: StorePort, vault: Vault, mls: MlsContext, self: string, cachedMax = CONVERSATIONS_CACHED_MAX) {
    this.#store = store
    this.#vault = vault
    this.#mls = mls
    this.#self = self
    this.#current = new RecentlyUsed(cachedMax, (id) => this.#staged.has(id))
  }

  /** @returns `undefined` when there is no such conversation. */
  get(id: string): ConversationState | undefined {
    return this.#staged.get(id) ?? this.#currentOf(id)
  }

  set(state: ConversationState): void {
    // What it replaces is needed: read again if it had to go since.
    if (!this.#staged.has(state.id)) this.#currentOf(state.id)
    this.#staged.set(state.id, state)
  }

  /** The MLS state of a retained epoch, decoded on first use. */
  groupOf(epoch: Epoch): Group {
    if (epoch.group !== undefined) return epoch.group
    const row = this.#store.all('SELECT state_sealed FROM epochs WHERE id = ?', [epoch.id])[0]
    if (row === undefined) throw new PortError('STORE_CORRUPT', 'the state of an epoch is missing', false)
    const group = decodeGroup(this.#mls, this.#vault.open(`epochs/${epoch.id}/state`, bytesOf(row, 'state_sealed')))
    if (!group.ok) throw new PortError('STORE_CORRUPT', `the state of an epoch is ${group.reason}`, false)
    return group.value
  }

  /** Order of a message that is stored or staged in this batch. */
  orderOf(id: MessageIdBytes): Order | undefined {
    const staged = this.#orders.get(toHex(id))
    if (staged !== undefined) return staged
    const row = this.#store.all('SELECT sort_order FROM entries WHERE id = ?', [id])[0]
    return row === undefined ? undefined : textOf(row, 'sort_order')
  }

  stageOrder(id: MessageIdBytes, order: Order): void {
    this.#orders.set(toHex(id), order)
  }

  stageReceived(message: ReceivedMessage): void {
    this.#received.push(message)
  }

  /** What this batch received so far, for its receipts. */
  get received(): readonly ReceivedMessage[] {
    return this.#received
  }

  stageAnswer(answer: StoredAnswer): void {
    this.#answers.push(answer)
  }

  /** Envelopes from holders that this batch took or refused so far. */
  get answers(): readonly StoredAnswer[] {
    return this.#answers
  }

  /** Zeroed after the commit, left alone if it fails: the old state still needs them then. Spec: MLS-15. */
  stageErasure(secrets: readonly Uint8Array[]): void {
    this.#erasures.push(...secrets)
  }

  mark(): Mark {
    return {
      staged: new Map(this.#staged),
      orders: this.#orders.size,
      received: this.#received.length,
      answers: this.#answers.length,
      erasures: this.#erasures.length,
    }
  }

  rollback(mark: Mark): void {
    this.#staged = new Map(mark.staged)
    this.#received.length = mark.received
    this.#answers.length = mark.answers
    this.#erasures.length = mark.erasures
    for (const id of [...this.#orders.keys()].slice(mark.orders)) this.#orders.delete(id)
    this.#current.trim()
  }

  persist(): void {
    for (const state of this.#staged.values()) this.#save(state)
  }

  adopt(): void {
    const secrets = this.#erasures
    const pruned = [...this.#staged.values()].flatMap((state) => this.#prunedBy(state))
    for (const state of this.#staged.values()) this.#current.use(state.id, state)
    this.discard()
    for (const group of pruned) eraseGroup(group)
    for (const secret of secrets) zero(secret)
  }

  discard(): void {
    this.#staged.clear()
    this.#orders.clear()
    this.#received = []
    this.#answers = []
    this.#erasures = []
    this.#current.trim()
  }

  /** Decoded groups of epochs that `state` retains no longer. */
  #prunedBy(state: ConversationState): readonly Group[] {
    const before = [...(this.#current.peek(state.id)?.epochs.values() ?? [])]
    return before.flatMap(({ id, group }) => (state.epochs.has(id) || group === undefined ? [] : [group]))
  }

  #currentOf(id: string): ConversationState | undefined {
    const state = this.#current.peek(id) ?? this.#load(id)
    if (state !== undefined) this.#current.use(id, state)
    return state
  }

  #load(id: string): ConversationState | undefined {
    const row = this.#store.all('SELECT * FROM conversations WHERE id = ?', [id])[0]
    if (row === undefined) return undefined
    const rows = this.#store.all('SELECT * FROM epochs WHERE conversation = ? ORDER BY created_at, id', [id])
    const epochs = new Map(rows.map((epochRow) => [textOf(epochRow, 'id'), this.#readEpoch(epochRow)]))
    const account = textOf(row, 'account')
    const members = [this.#self, account].sort()
    return {
      id,
      account,
      members,
      heads: this.#readHeads(bytesOf(row, 'heads')),
      lastTime: readTime(textOf(row, 'last_time')),
      epochs,
      updatedAt: numberOf(row, 'updated_at'),
      headEpoch: currentHead([...epochs.values()], members)?.id,
    }
  }

  #readEpoch(row: SqlRow): Epoch {
    const id = textOf(row, 'id')
    return {
      id,
      groupId: textOf(row, 'group_id'),
      parent: optionalText(row, 'parent'),
      committer: textOf(row, 'committer'),
      class: numberOf(row, 'class'),
      depth: numberOf(row, 'depth'),
      createdAt: numberOf(row, 'created_at'),
      messages: numberOf(row, 'messages'),
      keys: readKeys(this.#vault.open(`epochs/${id}/keys`, bytesOf(row, 'keys_sealed'))),
      group: undefined,
    }
  }

  #readHeads(bytes: Uint8Array): readonly Head[] {
    const value = decodeCbor(bytes)
    if (!isList(value)) throw new PortError('STORE_CORRUPT', 'the heads of a conversation are unreadable', false)
    return value.flatMap((head): Head[] => {
      if (!isList(head)) return []
      const [id, order] = head
      return isMessageId(id) && isText(order, 16) ? [{ id, order }] : []
    })
  }

  #save(state: ConversationState): void {
    const before = this.#current.peek(state.id)
    const heads = encodeCbor(state.heads.map(({ id, order }) => [id, order]))
    const time = state.lastTime === undefined ? '' : `${state.lastTime.ms}.${state.lastTime.counter}`
    this.#store.run('UPDATE conversations SET heads = ?, last_time = ?, updated_at = max(updated_at, ?) WHERE id = ?', [
      heads,
      time,
      state.updatedAt,
      state.id,
    ])
    for (const epoch of state.epochs.values()) {
      const old = before?.epochs.get(epoch.id)
      if (old !== epoch && epoch.group !== undefined) this.#saveEpoch(state.id, epoch, epoch.group, old === undefined)
    }
    for (const id of before?.epochs.keys() ?? []) {
      if (!state.epochs.has(id)) this.#store.run('DELETE FROM epochs WHERE id = ?', [id])
    }
  }

  #saveEpoch(conversation: string, epoch: Epoch, group: Group, isNew: boolean): void {
    const state = this.#vault.seal(`epochs/${epoch.id}/state`, encodeGroup(group))
    if (!isNew) {
      this.#store.run('UPDATE epochs SET state_sealed = ?, messages = ? WHERE id = ?', [
        state,
        epoch.messages,
        epoch.id,
      ])
      return
    }
    const keys = this.#vault.seal(`epochs/${epoch.id}/keys`, encodeKeys(epoch.keys))
    this.#store.run(
      `INSERT OR REPLACE INTO epochs
         (id, conversation, group_id, parent, committer, class, depth, created_at, messages, keys_sealed, state_sealed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        epoch.id,
        conversation,
        epoch.groupId,
        epoch.parent ?? null,
        epoch.committer,
        epoch.class,
        epoch.depth,
        epoch.createdAt,
        epoch.messages,
        keys,
        state,
      ],
    )
  }
}

const encodeKeys = (keys: EpochKeys): Uint8Array => encodeCbor([keys.outerKey, keys.mailboxSecret])

function readKeys(bytes: Uint8Array): EpochKeys {
  const value = decodeCbor(bytes)
  const [outerKey, mailboxSecret] = isList(value) ? value : []
  if (!isBytes(outerKey, 32) || !isBytes(mailboxSecret, 32)) {
    throw new PortError('STORE_CORRUPT', 'the keys of an epoch are unreadable', false)
  }
  return { outerKey, mailboxSecret }
}

function readTime(text: string): HybridTime | undefined {
  const [ms, counter] = text.split('.').map(Number)
  return ms !== undefined && counter !== undefined && text !== '' ? { ms, counter } : undefined
}
