/** Whom a process talks to, port by port, asked of the kernel. Linux only; elsewhere nothing is seen. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { familyOf } from './loopback.ts'

const LISTENING = '0A'
const WATCH_MS = 50

/** Places that a process went to of itself: not those that came to a port on which it listens. */
export class Outgoing implements Disposable {
  /** `127.0.0.1:9050`, or `udp …` for any datagram socket. */
  readonly places = new Set<string>()
  readonly #timer: NodeJS.Timeout

  /** Watches every process below ours whose command line names `program`, from its first moment. */
  constructor(program: string) {
    this.#timer = setInterval(() => {
      for (const pid of familyOf(process.pid)) {
        if (!commandOf(pid).includes(program)) continue
        for (const place of outgoingOf(pid)) this.places.add(place)
      }
    }, WATCH_MS)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

/** Resident memory; 0 when the process is gone. */
export function residentBytes(pid: number): number {
  const [, kilobytes = '0'] =
    /^VmRSS:\s+(\d+) kB$/m.exec(orEmpty(() => readFileSync(`/proc/${pid}/status`, 'utf8'), '')) ?? []
  return Number(kilobytes) * 1_024
}

const commandOf = (pid: number): string => orEmpty(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '')

function outgoingOf(pid: number): readonly string[] {
  const own = socketsOf(pid)
  const rowsOfOwn = (table: string): readonly Row[] => rowsOf(pid, table).filter(({ inode }) => own.has(inode))
  const tcp = [...rowsOfOwn('tcp'), ...rowsOfOwn('tcp6')]
  const listening = new Set(tcp.filter(({ state }) => state === LISTENING).map(({ local }) => portOf(local)))
  const begun = tcp.filter(({ state, local }) => state !== LISTENING && !listening.has(portOf(local)))
  const udp = [...rowsOfOwn('udp'), ...rowsOfOwn('udp6')]
  return [
    ...begun.map(({ remote }) => textOf(remote)),
    ...udp.map(({ local, remote }) => `udp ${textOf(local)} ${textOf(remote)}`),
  ]
}

interface Row {
  readonly local: string
  readonly remote: string
  readonly state: string
  readonly inode: string
}

function rowsOf(pid: number, table: string): readonly Row[] {
  return orEmpty(() => readFileSync(`/proc/${pid}/net/${table}`, 'utf8'), '')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns.length > 9)
    .map(([, local = '', remote = '', state = '', , , , , , inode = '']) => ({ local, remote, state, inode }))
}

function socketsOf(pid: number): ReadonlySet<string> {
  const folder = `/proc/${pid}/fd`
  const links = orEmpty(() => readdirSync(folder), []).map((name) =>
    orEmpty(() => readlinkSync(`${folder}/${name}`), ''),
  )
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
}

const portOf = (address: string): number => Number.parseInt(address.split(':')[1] ?? '', 16)

/** IPv4 in the order of people; IPv6 as the kernel writes it. */
function textOf(address: string): string {
  const [host = ''] = address.split(':')
  const bytes = host.length === 8 ? (host.match(/../g) ?? []).toReversed().map((byte) => Number.parseInt(byte, 16)) : []
  return `${bytes.length === 4 ? bytes.join('.') : host}:${portOf(address)}`
}

/** A process may end while it is looked at: what is gone is empty. */
function orEmpty<T>(look: () => T, empty: T): T {
  try {
    return look()
  } catch {
    return empty
  }
}
