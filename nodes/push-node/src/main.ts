/** `parley push-node`: runs until it is told to end. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { encodePushLink } from '@parley/core'
import type { LogPort } from '@parley/engine'
import type { PushNodeConfig } from './config.ts'
import { startPushNode } from './push-node.ts'

/** What a push node says of itself when it serves. */
export interface PushNodeReady {
  readonly peerId: string
  readonly addresses: readonly string[]
  readonly metricsUrl: string
  /** What people add to the push nodes of their page; `null` when it has no address to give. */
  readonly link: string | null
}

export interface PushNodeProcess {
  /** Resolves when it should end. Asked for before the start, so that a signal during it is not lost. */
  readonly ended: Promise<void>
  readonly log: LogPort
  announce(ready: PushNodeReady): Promise<void> | void
}

/** Where other programs of this machine find a running push node: what it said and its process id. */
export const pushRunningPath = (data: string): string => join(data, 'running.json')

/**
 * Starts a push node, announces it when it serves, by default as one JSON line, logs to stderr, by default as JSON
 * lines, and ends on SIGINT, SIGTERM or SIGHUP.
 *
 * @returns the exit code: 0 after a clean end, 1 when it could not start, which stderr says in words.
 */
export async function runPushNode(config: PushNodeConfig, given: Partial<PushNodeProcess> = {}): Promise<number> {
  const { ended = untilSignal(), log = stderrLog, announce = announceAsJson } = given
  // An always-on node shares its machine: V8 collects sooner instead of growing. Measured under load: a quarter less memory.
  setFlagsFromString('--optimize-for-size')
  try {
    const node = await startPushNode({ ...config, log })
    const { peerId, addresses, metricsUrl } = node
    const link = encodePushLink({ peerId, addresses })
    const ready: PushNodeReady = { peerId, addresses, metricsUrl, link: link.ok ? link.value : null }
    const path = pushRunningPath(config.data)
    await writeFile(path, JSON.stringify({ ...ready, pid: process.pid }), { mode: 0o600 })
    await announce(ready)
    await ended
    await rm(path, { force: true })
    await node.stop()
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

const untilSignal = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })

const announceAsJson = (ready: PushNodeReady): void => void process.stdout.write(`${JSON.stringify(ready)}\n`)

const stderrLog: LogPort = {
  log(level, message, fields) {
    if (level === 'debug') return
    process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`)
  },
}
