/** What a test plays on: real nodes, one real browser, one temporary folder. All of it ends with the test. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApiClient } from '@parley/engine'
import { onTestFailed, onTestFinished } from 'vitest'
import { launchBrowser, type PageOptions, type Tab, type TestBrowser } from './browser.ts'
import { Child } from './child.ts'
import { Daemon, type DaemonFlags } from './daemon.ts'
import { until } from './until.ts'

const LOG_LINES_SHOWN = 40

export class Stage implements AsyncDisposable {
  /** Empty at first, removed at the end. */
  readonly folder = mkdtempSync(join(tmpdir(), 'parley-e2e-'))
  readonly #children: Child[] = []
  readonly #daemons: Daemon[] = []
  readonly #tabs: Tab[] = []
  #browser: Promise<TestBrowser> | undefined

  constructor() {
    onTestFailed(() => {
      for (const { name, log } of this.#children) {
        process.stderr.write(`— ${name}\n${log.slice(-LOG_LINES_SHOWN).join('\n')}\n`)
      }
    })
    onTestFinished(() => this.#check())
  }

  /** Starts a node. The name is that of its folder and log; the account has none until someone gives it one. */
  async daemon(name: string, flags: DaemonFlags = {}): Promise<Daemon> {
    const daemon = new Daemon(name, join(this.folder, name), flags, (child) => this.#children.push(child))
    this.#daemons.push(daemon)
    await daemon.start()
    return daemon
  }

  /** Starts a process whose ready line, if any, is up to the caller. */
  process(name: string, parameters: readonly string[]): Child {
    const child = new Child(name, parameters)
    this.#children.push(child)
    return child
  }

  /** Starts a push node; `address` is where others find it. */
  async pushNode(name = 'push-node', others: readonly string[] = []): Promise<TestPushNode> {
    const data = join(this.folder, name)
    const listen = others.includes('--listen') ? [] : ['--listen', '/ip4/127.0.0.1/tcp/0']
    const child = this.process(name, ['push-node', '--json', '--data', data, ...listen, ...others])
    const { addresses, metricsUrl, link } = await child.ready()
    const [address] = Array.isArray(addresses) ? addresses : []
    if (typeof address !== 'string') throw new Error('the push node has no address')
    return { child, address, link: String(link), data, figure: (metric) => figureOf(String(metricsUrl), metric) }
  }

  /** Opens the page of a node as its owner does, with the printed address. */
  async page(daemon: Daemon, options: PageOptions = {}): Promise<Tab> {
    this.#browser ??= launchBrowser()
    const tab = await (await this.#browser).open(daemon, options)
    this.#tabs.push(tab)
    return tab
  }

  /** Two nodes with names that know each other. */
  async friends(flags: DaemonFlags = {}): Promise<{ alice: Daemon; bob: Daemon; conversation: string }> {
    const [alice, bob] = await Promise.all([
      this.daemon('alice', { name: 'Alice', ...flags }),
      this.daemon('bob', { name: 'Bob', ...flags }),
    ])
    return { alice, bob, conversation: await befriend(alice, bob) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#browser)?.close()
    for (const daemon of this.#daemons) daemon.closeApi()
    await Promise.all(this.#children.map((child) => child.stop()))
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** What must hold in every test: nothing spoke to another machine, and no page had an error of its own. */
  #check(): void {
    const findings = [
      ...this.#children.flatMap(({ name, foreign }) => [...foreign].map((at) => `${name} spoke to ${at}`)),
      ...this.#tabs.flatMap(({ name, foreign }) => foreign.map((at) => `the page of ${name} asked ${at}`)),
      ...this.#tabs.flatMap(({ name, problems }) => problems.map((text) => `error in the page of ${name}: ${text}`)),
    ]
    if (findings.length > 0) throw new Error(findings.join('\n'))
  }
}

export interface TestPushNode {
  readonly child: Child
  /** Where others find it. */
  readonly address: string
  /** The same as people pass it on: `parley:push/…`. */
  readonly link: string
  readonly data: string
  /** A figure of its metrics, without the prefix of their names. */
  readonly figure: (name: string) => Promise<number>
}

async function figureOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(url)).text()
  return Number(new RegExp(`^parley_push_${name} (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
}

/** Anybody with a node, in a process of its own or in ours. */
export interface Person {
  readonly api: Pick<ApiClient, 'call'>
}

/**
 * `bob` follows an invite of `alice` and she accepts; each step takes at most `waitMs`.
 * @returns the conversation's id, which both share.
 */
export async function befriend(alice: Person, bob: Person, waitMs?: number): Promise<string> {
  const { link } = await alice.api.call('invites.create', {})
  const { id } = await bob.api.call('contacts.add', { link })
  const request = await until(
    'the request arrives',
    async () => {
      const bobsAccount = (await bob.api.call('me.get', {})).account
      return (await alice.api.call('requests.list', {})).find(({ account }) => account === bobsAccount)
    },
    waitMs,
  )
  await alice.api.call('requests.accept', { id: request.id })
  await until(
    'the acceptance arrives',
    async () => {
      const conversations = await bob.api.call('conversations.list', {})
      return conversations.some((each) => each.id === id && each.status === 'active')
    },
    waitMs,
  )
  return id
}
