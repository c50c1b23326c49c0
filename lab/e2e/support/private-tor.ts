/**
 * A Tor network of our own on loopback: three authorities and two relays, all of them exits, and one Tor per person.
 * Nothing in it speaks to the real Tor network or to any other machine.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { residentBytes } from './tor-sockets.ts'
import { until } from './until.ts'

const AUTHORITIES = 3
const RELAYS = 2
const STEP_MS = 30_000
const BOOTSTRAP_MS = 150_000
const STOP_MS = 5_000
/** How often the authorities vote, and how long they wait for each other; seconds. The least that Tor allows is 10 and 2. */
const VOTE_S = 10
const DELAY_S = 2

export interface TorPrograms {
  readonly tor: string
  readonly gencert: string
}

/** Where Tor is, `TOR_PATH` before all others; `undefined` when it is not installed. */
export function findTor(): TorPrograms | undefined {
  const tor = findProgram('tor', process.env['TOR_PATH'])
  const gencert = findProgram('tor-gencert')
  return tor === undefined || gencert === undefined ? undefined : { tor, gencert }
}

function findProgram(name: string, first?: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/usr/local/bin']
  const candidates = [...(first === undefined ? [] : [first]), ...folders.map((folder) => join(folder, name))]
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** One person's Tor. */
export interface TorClient {
  readonly socks: string
  readonly control: string
  /** The flags that let a node use it. */
  readonly flags: readonly string[]
  readonly pid: number
  stop(): Promise<void>
  /** With the same ports and folder. Resolves when it can build circuits. */
  start(): Promise<void>
}

export class PrivateTor implements AsyncDisposable {
  readonly #programs: TorPrograms
  readonly #folder = mkdtempSync(join(tmpdir(), 'parley-tor-'))
  readonly #running = new Map<string, ChildProcess>()
  #authorities = ''

  private constructor(programs: TorPrograms) {
    this.#programs = programs
  }

  /** Starts authorities, relays and a Tor for each name; resolves when each of those can build circuits. */
  static async start<Name extends string>(
    programs: TorPrograms,
    names: readonly Name[],
  ): Promise<{ network: PrivateTor; clients: ReadonlyMap<Name, TorClient> }> {
    const network = new PrivateTor(programs)
    try {
      await network.#startRelays()
      const clients = await Promise.all(names.map(async (name) => [name, await network.#client(name)] as const))
      return { network, clients: new Map(clients) }
    } catch (error) {
      await network[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Resident memory of each Tor that runs, by its name; bytes. */
  memory(): ReadonlyMap<string, number> {
    return new Map([...this.#running].map(([name, { pid = 0 }]) => [name, residentBytes(pid)]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.#stop(name)))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #startRelays(): Promise<void> {
    const names = Array.from({ length: AUTHORITIES + RELAYS }, (_, at) => `node${at}`)
    const ports = await freePorts(names.length * 2)
    const places = names.map((name, at) => ({ name, orPort: ports[at * 2] ?? 0, dirPort: ports[at * 2 + 1] ?? 0 }))
    for (const { name, orPort } of places) this.#write(name, relayLines(name, orPort))
    const authorities = places.slice(0, AUTHORITIES)
    const lines = await Promise.all(authorities.map((place) => this.#makeAuthority(place)))
    this.#authorities = `${lines.join('\n')}\n`
    for (const { name } of places) {
      this.#append(name, this.#authorities)
      this.#spawn(name)
    }
  }

  /** @returns the line by which all others know it. */
  async #makeAuthority({ name, orPort, dirPort }: { name: string; orPort: number; dirPort: number }): Promise<string> {
    const keys = join(this.#path(name), 'keys')
    mkdirSync(keys, { mode: 0o700 })
    const [identity, signing, certificate] = ['identity_key', 'signing_key', 'certificate'].map((part) =>
      join(keys, `authority_${part}`),
    )
    const place = `127.0.0.1:${dirPort}`
    await this.#execute(
      this.#programs.gencert,
      ['--create-identity-key', '--passphrase-fd', '0', '-i', identity, '-s', signing, '-c', certificate, '-a', place],
      'password\n',
    )
    this.#append(name, authorityLines(dirPort))
    // Tor wants to know its authorities before it tells its own fingerprint: one that does not exist.
    const nobody = `nobody 127.0.0.1:1 ${'f'.repeat(40)}`
    const told = await this.#execute(this.#programs.tor, [
      ...['--list-fingerprint', '-f', this.#torrc(name), '--DirAuthority', nobody, '--quiet'],
    ])
    const fingerprint = told.trim().split('\n').at(-1)?.split(' ').slice(1).join('') ?? ''
    const [, v3ident = ''] = /^fingerprint ([0-9A-F]{40})$/m.exec(readFileSync(certificate ?? '', 'utf8')) ?? []
    return `DirAuthority ${name} orport=${orPort} no-v2 v3ident=${v3ident} ${place} ${fingerprint}`
  }

  async #client(name: string): Promise<TorClient> {
    const [socksPort = 0, controlPort = 0] = await freePorts(2)
    this.#write(name, `${clientLines(socksPort, controlPort)}${this.#authorities}`)
    const socks = `127.0.0.1:${socksPort}`
    const control = `127.0.0.1:${controlPort}`
    const pidOf = (): number => this.#running.get(name)?.pid ?? 0
    const start = async (): Promise<void> => {
      writeFileSync(this.#log(name), '')
      this.#spawn(name)
      await until(
        `${name}'s Tor can build circuits`,
        () => this.#logOf(name).includes('Bootstrapped 100%'),
        BOOTSTRAP_MS,
      )
    }
    await start()
    return {
      socks,
      control,
      flags: ['--tor', '--tor-socks', socks, '--tor-control', control],
      get pid() {
        return pidOf()
      },
      start,
      stop: () => this.#stop(name),
    }
  }

  #path = (name: string): string => join(this.#folder, name)
  #torrc = (name: string): string => join(this.#path(name), 'torrc')
  #log = (name: string): string => join(this.#path(name), 'log')
  #logOf = (name: string): string => readFileSync(this.#log(name), 'utf8')

  #write(name: string, lines: string): void {
    mkdirSync(this.#path(name), { mode: 0o700 })
    writeFileSync(this.#torrc(name), `${commonLines(this.#path(name), this.#log(name))}${lines}`)
  }

  #append(name: string, lines: string): void {
    writeFileSync(this.#torrc(name), lines, { flag: 'a' })
  }

  #spawn(name: string): void {
    this.#running.set(name, spawn(this.#programs.tor, ['-f', this.#torrc(name), '--quiet'], { stdio: 'ignore' }))
  }

  async #stop(name: string): Promise<void> {
    const child = this.#running.get(name)
    this.#running.delete(name)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await exited
    clearTimeout(timer)
  }

  async #execute(program: string, parameters: readonly (string | undefined)[], input = ''): Promise<string> {
    const given = parameters.filter((each) => each !== undefined)
    const running = promisify(execFile)(program, given, { timeout: STEP_MS })
    running.child.stdin?.end(input)
    return (await running).stdout
  }
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, (): Server => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address()
      server.close()
      await once(server, 'close')
      return typeof address === 'object' && address !== null ? address.port : 0
    }),
  )
}

const commonLines = (folder: string, log: string): string => `TestingTorNetwork 1
DataDirectory ${folder}
RunAsDaemon 0
PathsNeededToBuildCircuits 0.25
ShutdownWaitLength 0
Log notice file ${log}
`

const relayLines = (name: string, orPort: number): string => `Nickname ${name}
Address 127.0.0.1
ORPort 127.0.0.1:${orPort} IPv4Only
SocksPort 0
ContactInfo nobody
AssumeReachable 1
ExitRelay 1
ExitPolicy accept 127.0.0.0/8:*
ExitPolicyRejectPrivate 0
`

const authorityLines = (dirPort: number): string => `AuthoritativeDirectory 1
V3AuthoritativeDirectory 1
DirPort 127.0.0.1:${dirPort}
TestingV3AuthInitialVotingInterval ${VOTE_S}
TestingV3AuthInitialVoteDelay ${DELAY_S}
TestingV3AuthInitialDistDelay ${DELAY_S}
V3AuthVotingInterval ${VOTE_S}
V3AuthVoteDelay ${DELAY_S}
V3AuthDistDelay ${DELAY_S}
TestingDirAuthVoteExit *
TestingDirAuthVoteHSDir *
TestingDirAuthVoteGuard *
TestingMinExitFlagThreshold 0
MinUptimeHidServDirectoryV2 0
`

const clientLines = (socksPort: number, controlPort: number): string => `SocksPort 127.0.0.1:${socksPort}
ControlPort 127.0.0.1:${controlPort}
CookieAuthentication 1
UseEntryGuards 0
`
