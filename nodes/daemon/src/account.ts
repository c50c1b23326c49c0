/** The daemon's account: locked or open, and replaceable by a recovered one while it is fresh. Spec: NODE-1…NODE-3. */
import { parseRecoveryPhrase } from '@parley/core'
import { type ApiClient, EngineError, type LogPort, type PortError, type StorePort } from '@parley/engine'
import { openSqliteStore } from '@parley/adapter-store-sqlite-node'
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Node, type NodeOptions, openAccount, openNodeStore } from './node.ts'
import { databasePath } from './private-file.ts'

export type AccountState = 'locked' | 'open'

export class Account implements AsyncDisposable {
  readonly #options: NodeOptions
  readonly #log: LogPort
  readonly #onDamaged: (error: PortError) => void
  /** Told when the open account changed: whoever holds subscriptions has to make them again. */
  onChanged: () => void = () => {}
  #store: StorePort
  #node: Node | undefined
  #isChanging = false
  #isClosed = false

  private constructor(options: NodeOptions, log: LogPort, onDamaged: (error: PortError) => void) {
    this.#options = options
    this.#log = log
    this.#onDamaged = onDamaged
    this.#store = openNodeStore(options.data, log, onDamaged)
  }

  /**
   * Opens the folder; the account too, unless it is sealed and no passphrase is given. Its network is made after
   * `networkAfter`. @throws as `openNode` does.
   */
  static async open(
    options: NodeOptions,
    log: LogPort,
    onDamaged: (error: PortError) => void,
    networkAfter: Promise<void>,
  ): Promise<Account> {
    const account = new Account(options, log, onDamaged)
    try {
      account.#node = await openAccount(account.#store, options, networkAfter)
    } catch (error) {
      if (error instanceof EngineError && error.code === 'LOCKED') return account
      account.#store.close()
      throw error
    }
    return account
  }

  get state(): AccountState {
    return this.#node === undefined ? 'locked' : 'open'
  }

  /** Resolves when the open account is connected; at once while it is locked. @throws what its network failed with. */
  async connected(): Promise<void> {
    await this.#node?.connected
  }

  /** @throws EngineError `LOCKED`, `CLOSED` */
  client(): ApiClient {
    if (this.#isClosed) throw new EngineError('CLOSED')
    if (this.#node === undefined) throw new EngineError('LOCKED')
    return this.#node
  }

  /** @throws EngineError `PASSPHRASE_WRONG`; `RATE_LIMITED` while another attempt runs. Opening an open account does nothing. */
  async unlock(passphrase: string): Promise<void> {
    if (this.#node !== undefined) return
    await this.#exclusively(async () => {
      this.#node = await openAccount(this.#store, { ...this.#options, passphrase })
    })
    this.onChanged()
  }

  /**
   * Replaces an account that nobody knows yet by the one of a recovery phrase.
   * @throws EngineError `LOCKED`, `RECOVERY_PHRASE_INVALID`, `ACCOUNT_IN_USE`; the account is then as it was.
   */
  async recover(phrase: string, name: string): Promise<void> {
    if (!parseRecoveryPhrase(phrase).ok) throw new EngineError('RECOVERY_PHRASE_INVALID')
    // Nobody who waits for its network is told of an end that is none.
    await this.connected()
    await this.#exclusively(async () => {
      await this.#assertFresh()
      await this.#replace(phrase, name)
    })
    this.onChanged()
  }

  async #assertFresh(): Promise<void> {
    const client = this.client()
    const [me, contacts, requests] = await Promise.all([
      client.call('me.get', {}),
      client.call('contacts.list', {}),
      client.call('requests.list', {}),
    ])
    if (contacts.length > 0 || requests.length > 0) throw new EngineError('ACCOUNT_IN_USE')
    if (me.hasPassphrase) throw new EngineError('ACCOUNT_IN_USE', 'this account is sealed; remove its passphrase first')
  }

  /** The recovered account is made in a database of its own, which then takes the old one's place in one step. */
  async #replace(phrase: string, name: string): Promise<void> {
    const { data } = this.#options
    const made = join(data, 'recovering.db')
    const old = this.#node
    this.#node = undefined
    await old?.[Symbol.asyncDispose]()
    this.#store.close()
    try {
      removeDatabase(made)
      await using recovered = await openRecovered(made, { ...this.#options, name, recoveryPhrase: phrase })
      await recovered[Symbol.asyncDispose]()
      removeBeside(databasePath(data))
      renameSync(made, databasePath(data))
    } catch (error) {
      this.#log.log('error', 'the account could not be recovered; the one before is kept')
      throw error
    } finally {
      removeDatabase(made)
      await this.#reopen(this.#options)
    }
  }

  async #reopen(options: NodeOptions): Promise<void> {
    this.#store = openNodeStore(options.data, this.#log, this.#onDamaged)
    this.#node = await openAccount(this.#store, options)
  }

  async #exclusively(change: () => Promise<void>): Promise<void> {
    if (this.#isClosed) throw new EngineError('CLOSED')
    if (this.#isChanging) throw new EngineError('RATE_LIMITED', 'another attempt is running')
    this.#isChanging = true
    try {
      await change()
    } finally {
      this.#isChanging = false
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const node = this.#node
    this.#node = undefined
    await node?.[Symbol.asyncDispose]()
    this.#store.close()
  }
}

async function openRecovered(path: string, options: NodeOptions): Promise<Node> {
  const store = openSqliteStore({ path, log: options.log ?? { log() {} } })
  try {
    return await openAccount(store, options)
  } catch (error) {
    store.close()
    throw error
  }
}

const removeBeside = (path: string): void => {
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true })
}

function removeDatabase(path: string): void {
  removeBeside(path)
  for (const suffix of ['', '.lock', '.pid']) rmSync(path + suffix, { force: true })
}
