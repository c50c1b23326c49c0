/**
 * Network namespaces of Linux, and commands inside them. Each name tells which process made it, so that what a dead
 * one left behind is found and removed.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MOUNTED = '/run/netns'
const PREFIX = 'parley-homes'
const NAME = /^parley-homes-(\d+)-(\d+)-/
const COMMAND_MS = 20_000
/** Field of /proc/PID/stat after the command's name: when the process started, in clock ticks since boot. */
const STARTED_AT_FIELD = 19

/** Programs of the system that the homes are made of. */
export const PROGRAMS = ['ip', 'nft', 'nsenter', 'socat', 'conntrack', 'miniupnpd'] as const

/** Why no homes can be made here; `undefined` when they can. */
export function whyNot(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need root on Linux'
  const missing = PROGRAMS.filter((name) => !FOLDERS.some((folder) => existsSync(join(folder, name))))
  if (missing.length > 0) return `${missing.join(', ')} not found`
  const name = worldName()
  const { status, stderr } = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8', timeout: COMMAND_MS })
  if (status !== 0) return `no network namespace can be made: ${stderr.trim()}`
  removeNamespace(name)
  return undefined
}
const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin']

/** A name that no other world has: of this process and its start, and random. */
export const worldName = (): string =>
  `${PREFIX}-${process.pid}-${startedAt(process.pid)}-${randomBytes(4).toString('hex')}`

/** Runs a command of the system. @returns what it printed. @throws with what it said when it fails. */
export function run(command: string, parameters: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(command, parameters, {
    input,
    encoding: 'utf8',
    timeout: COMMAND_MS,
  })
  if (error === undefined && status === 0) return stdout
  throw new Error(`${command} ${parameters.join(' ')}: ${error?.message ?? stderr.trim()}`)
}

/** The command that runs another one inside of a namespace; it is replaced by it, so signals and pid are the same. */
export const enter = (namespace: string): readonly string[] => ['nsenter', `--net=${join(MOUNTED, namespace)}`, '--']

/** Runs lines of shell inside of a namespace. @throws when one fails. */
export function shell(namespace: string, script: string): string {
  const [command = '', ...parameters] = enter(namespace)
  return run(command, [...parameters, 'sh', '-eu'], script)
}

/** An empty namespace with loopback. Addresses of IPv6 can be used at once: nobody here has the same. */
export function addNamespace(name: string): void {
  run('ip', ['netns', 'add', name])
  shell(
    name,
    `echo 0 > /proc/sys/net/ipv6/conf/all/accept_dad
     echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
     echo 0 > /proc/sys/net/ipv6/conf/default/dad_transmits
     ip link set lo up`,
  )
}

/** Ends what still runs in a namespace and removes it, with every interface in it. Nothing happens when it is gone. */
export function removeNamespace(name: string): void {
  if (!existsSync(join(MOUNTED, name))) return
  for (const pid of run('ip', ['netns', 'pids', name]).split('\n').filter(Boolean).map(Number)) end(pid)
  run('ip', ['netns', 'del', name])
}

/** Removes namespaces and folders of processes that are gone. */
export function removeLeftovers(): void {
  const isLeft = (name: string): boolean => {
    const [, pid, start] = NAME.exec(name) ?? []
    return pid !== undefined && startedAt(Number(pid)) !== start
  }
  for (const name of existsSync(MOUNTED) ? readdirSync(MOUNTED) : []) if (isLeft(name)) removeNamespace(name)
  for (const name of readdirSync(tmpdir()))
    if (isLeft(name)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
}

/** When a process started, as the kernel counts; `undefined` when there is none. With the pid it names one process. */
function startedAt(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[STARTED_AT_FIELD]
  } catch {
    return undefined
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}
