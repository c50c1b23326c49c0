/** Which other machines a process talks to, asked of the kernel. Linux only; elsewhere nothing is seen. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const TABLES = ['tcp', 'tcp6', 'udp', 'udp6'] as const
const ANY = /^0+$/

/**
 * Addresses beyond this machine that `pid` or a process below it is connected to or listens on, as the kernel writes
 * them. A process that is gone has none.
 */
export function foreignSockets(pid: number): readonly string[] {
  return familyOf(pid).flatMap((member) => {
    const own = socketsOf(member)
    return TABLES.flatMap((table) =>
      rowsOf(member, table)
        .filter(({ inode }) => own.has(inode))
        .flatMap(({ local, remote }) => [local, remote])
        .filter((address) => !ANY.test(address) && !isLoopback(address))
        .map((address) => `${table} ${address}`),
    )
  })
}

/** The process and everything below it. */
export function familyOf(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').map(Number)
  return [pid, ...children.filter((child) => child > 0).flatMap(familyOf)]
}

function socketsOf(pid: number): ReadonlySet<string> {
  const inodes = new Set<string>()
  for (const name of list(`/proc/${pid}/fd`)) {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${name}`)) ?? []
    if (inode !== undefined) inodes.add(inode)
  }
  return inodes
}

interface Row {
  readonly local: string
  readonly remote: string
  readonly inode: string
}

function rowsOf(pid: number, table: string): readonly Row[] {
  return read(`/proc/${pid}/net/${table}`)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns.length > 9)
    .map((columns) => ({ local: host(columns[1]), remote: host(columns[2]), inode: columns[9] ?? '' }))
}

const host = (column = ''): string => column.split(':', 1)[0] ?? ''

/** 127.0.0.0/8, ::1 and 127.0.0.0/8 mapped into IPv6; words of four bytes in the machine's order. */
function isLoopback(address: string): boolean {
  if (address.length === 8) return address.endsWith('7F')
  if (address === '00000000000000000000000001000000') return true
  return address.startsWith('0000000000000000FFFF0000') && address.endsWith('7F')
}

/** A process may end while it is looked at: what is gone is empty. */
const orEmpty = <T>(look: () => T, empty: T): T => {
  try {
    return look()
  } catch {
    return empty
  }
}
const read = (path: string): string => orEmpty(() => readFileSync(path, 'utf8'), '')
const list = (path: string): readonly string[] => orEmpty(() => readdirSync(path), [])
const link = (path: string): string => orEmpty(() => readlinkSync(path), '')
