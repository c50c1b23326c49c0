/** Your node as a process serves it: account, API, page and practice partner. */
import { type ApiClient, type Conversation, EngineError, type LogPort, type PortError } from '@parley/engine'
import { rmSync } from 'node:fs'
import { Account, type AccountState } from './account.ts'
import { startServer } from './http/server.ts'
import { openToken } from './http/token.ts'
import type { OpenBazaarSettings } from './config/openbazaar.ts'
import type { NodeOptions } from './node.ts'
import type { OpenBazaarServer } from './openbazaar/server.ts'
import { Practice } from './practice.ts'
import { runningPath, writePrivateFile } from './private-file.ts'
import { VERSION } from './version.ts'

export interface DaemonOptions extends NodeOptions {
  /** Port of the API and the page on 127.0.0.1; 0 lets the system choose. */
  readonly apiPort: number
  readonly log: LogPort
  /** The bot's program, for tests. */
  readonly practiceProgram?: string
  /** The built page, for tests. */
  readonly pageRoot?: string
  /** Where clients of OpenBazaar find this node; absent: nowhere. Spec: OBG-1. */
  readonly openBazaar?: OpenBazaarSettings
  /** A client asked the node to end. */
  readonly onShutDown?: () => void
  /** The database turned out damaged while running; the daemon should end. */
  readonly onDamaged?: (error: PortError) => void
}

/** What the JSON line of a ready daemon says. Account and addresses are unknown while it is locked. */
export interface Ready {
  readonly url: string
  readonly token: string
  readonly state: AccountState
  readonly account: string | null
  readonly peerId: string | null
  readonly addresses: readonly string[]
  /** Where OpenBazaar's API is, when it is offered. */
  readonly openbazaarUrl?: string
}

export interface Daemon extends AsyncDisposable {
  ready(): Promise<Ready>
  /** The page's address with the token that lets a browser in once. */
  pageUrl(): string
  /** The same for one browser, once, within a minute: for handing to another program. */
  ticketUrl(): string
  /** Ends every socket; callers connect again and subscribe to the account that is open now. */
  resetSockets(): void
}

/** Starts the daemon. @throws as `openNode` does; PortError `ADDRESS_IN_USE` for the API's port. */
export async function openDaemon(options: DaemonOptions): Promise<Daemon> {
  const { data, log } = options
  const damaged = (error: PortError): void => {
    log.log('error', error.message)
    options.onDamaged?.(error)
  }
  // A locked account makes its network much later, when nobody reads what the start says.
  if (options.tor !== undefined) await (await import('@parley/adapter-network-libp2p')).assertTor(options.tor)
  const answering = new Answering()
  const account = await Account.open(options, log, damaged, answering.begun)
  const client = () => account.client()
  const { practiceProgram: program, pageRoot } = options
  const practice = new Practice({ data, client, log, ...(program === undefined ? {} : { program }) })
  await using begun = new AsyncDisposableStack()
  begun.use(account)
  begun.use(answering)
  const ending: (() => Promise<void>)[] = [() => practice.stop()]
  begun.defer(async () => void (await Promise.all(ending.map((end) => end()))))
  const token = openToken(data)
  const server = await startServer({
    port: options.apiPort,
    token,
    client,
    version: VERSION,
    log,
    ...(pageRoot === undefined ? {} : { pageRoot }),
    controls: {
      status: () => ({ state: account.state, version: VERSION }),
      unlock: (passphrase) => account.unlock(passphrase),
      recover: (phrase, name) => account.recover(phrase, name),
      practice: () => openPractice(practice, options),
    },
  })
  ending.push(() => server.close())
  const openBazaar = await openBazaarOf(options, client)
  if (openBazaar !== undefined) ending.push(() => openBazaar.close())
  account.onChanged = () => {
    server.resetSockets()
    openBazaar?.accountChanged()
  }
  begun.defer(() => rmSync(runningPath(data), { force: true }))
  writePrivateFile(runningPath(data), JSON.stringify({ url: server.url, pid: process.pid }))
  answering.start()
  await account.connected()
  if (options.tor === undefined) practice.resume()
  const parts = begun.move()
  return {
    ready: () => readyOf(account, { url: server.url, token, ...urlOf(openBazaar) }),
    pageUrl: () => `${server.url}/?token=${token}`,
    resetSockets: () => server.resetSockets(),
    ticketUrl: () => server.ticketUrl(),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

/** How long whoever waits for the page or the list already may take to ask, before the network is loaded. */
const FIRST_QUESTIONS_MS = 30

/** Loading the network keeps the process busy for a moment, so HTTP comes first. Disposed, the network never comes. */
class Answering implements Disposable {
  readonly #begun = Promise.withResolvers<void>()
  #timer: NodeJS.Timeout | undefined

  constructor() {
    // A node that is locked waits for nothing.
    this.#begun.promise.catch(() => undefined)
  }

  get begun(): Promise<void> {
    return this.#begun.promise
  }

  start(): void {
    this.#timer = setTimeout(this.#begun.resolve, FIRST_QUESTIONS_MS)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#begun.reject(new EngineError('CLOSED'))
  }
}

/** Echo lives on this machine and outside Tor, so neither could reach the other. Spec: TOR-11. */
async function openPractice(practice: Practice, { tor }: DaemonOptions): Promise<Conversation> {
  if (tor !== undefined) throw new EngineError('PRACTICE_UNAVAILABLE', 'Echo cannot be reached through Tor')
  return practice.open()
}

type Places = Pick<Ready, 'url' | 'token' | 'openbazaarUrl'>

const urlOf = (server: OpenBazaarServer | undefined): Pick<Ready, 'openbazaarUrl'> =>
  server === undefined ? {} : { openbazaarUrl: server.url }

async function openBazaarOf(
  { data, log, openBazaar, onShutDown }: DaemonOptions,
  client: () => ApiClient,
): Promise<OpenBazaarServer | undefined> {
  if (openBazaar === undefined) return undefined
  // Most nodes never have it: they do not load it.
  const [{ startOpenBazaar }, { openCookie }] = await Promise.all([
    import('./openbazaar/server.ts'),
    import('./openbazaar/cookie.ts'),
  ])
  const node = { version: VERSION, shutDown: () => onShutDown?.() }
  return startOpenBazaar({ ...openBazaar, cookie: openCookie(data), client, node, log })
}

async function readyOf(account: Account, places: Places): Promise<Ready> {
  const { state } = account
  if (state === 'locked') return { ...places, state, account: null, peerId: null, addresses: [] }
  const me = await account.client().call('me.get', {})
  return { ...places, state, account: me.account, peerId: me.peerId, addresses: me.addresses }
}
