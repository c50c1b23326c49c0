/** Looks at a data folder and, where one runs, asks its node. Changes nothing. Spec: NODE-13. */
import {
  closeSync,
  constants,
  accessSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  statfsSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { ask, type RestNode, textAt } from '../cli/rest.ts'
import { readIfThere, readJsonIfThere, runningPath } from '../private-file.ts'
import { VERSION } from '../version.ts'
import { type Finding, type NetworkAnswer, networkFindings, placeFindings } from './findings.ts'

/** Made by systemd-timesyncd once it has set the clock. */
const CLOCK_KEPT_FILE = '/run/systemd/timesync/synchronized'
const DATABASE_START = 'SQLite format 3\0'
const OTHERS = 0o077

/** What is so of the node or push node of this folder, whether it runs or not. */
export async function examine(data: string, nowMs: number): Promise<readonly Finding[]> {
  if (!existsSync(data)) {
    const place = nearest(data)
    const nothing: Finding = {
      about: 'folder',
      state: 'problem',
      text: `There is no ${data}.`,
      advice: 'parley start makes it, or name another with --data.',
    }
    return [nothing, ...placeFindings({ nowMs, freeBytes: freeBytes(place) })]
  }
  const isPushNode = existsSync(join(data, 'push-node.key'))
  const changedMs = lastChange(data)
  const place = placeFindings({
    nowMs,
    freeBytes: freeBytes(data),
    ...(changedMs === undefined ? {} : { changedMs }),
    ...(existsSync(CLOCK_KEPT_FILE) ? { isClockKept: true } : {}),
  })
  const running = isPushNode ? await pushNodeFindings(data) : await nodeFindings(data, nowMs)
  return [folderFinding(data, isPushNode ? 'held.db' : 'node.db'), ...place, ...running]
}

function folderFinding(data: string, database: string): Finding {
  const path = join(data, database)
  try {
    accessSync(data, constants.R_OK | constants.W_OK | constants.X_OK)
    if ((statSync(data).mode & OTHERS) !== 0) {
      const text = `Others of this machine may look into ${data}.`
      return { about: 'folder', state: 'problem', text, advice: `chmod 700 ${data}` }
    }
    if (!existsSync(path)) return { about: 'folder', state: 'note', text: `${data} is new: nothing is in it yet.` }
    if (!isDatabase(path)) {
      const text = `${path} is damaged.`
      return {
        about: 'folder',
        state: 'problem',
        text,
        advice: 'Do not start from an older copy; see docs/operations.md.',
      }
    }
    const size = (statSync(path).size / 1_048_576).toFixed(1)
    return { about: 'folder', state: 'ok', text: `${data} is this user's alone; its database has ${size} MiB.` }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    const text = `${data} cannot be used by this user (${code}).`
    return { about: 'folder', state: 'problem', text, advice: 'Look whose it is, and whether its disk is read-only.' }
  }
}

/** By its first bytes: reading more would need the lock of the node that may use it. */
function isDatabase(path: string): boolean {
  const start = Buffer.alloc(DATABASE_START.length)
  const file = openSync(path, 'r')
  try {
    const length = readSync(file, start)
    return length === 0 || start.toString('latin1') === DATABASE_START
  } finally {
    closeSync(file)
  }
}

const NOT_RUNNING = { about: 'node', state: 'problem' } as const

async function nodeFindings(data: string, nowMs: number): Promise<readonly Finding[]> {
  const url = textAt(readJsonIfThere(runningPath(data)), 'url')
  if (url === undefined) return [{ ...NOT_RUNNING, text: 'It does not run.', advice: 'parley start' }]
  const node: RestNode = { url, token: readIfThere(join(data, 'token'))?.trim() ?? '' }
  try {
    const status = await ask(node, 'GET', '/v1/status')
    const version = textAt(status, 'version')
    const old: readonly Finding[] =
      version === VERSION
        ? []
        : [{ about: 'node', state: 'note', text: `It runs version ${version}, and this is ${VERSION}: restart it.` }]
    if (textAt(status, 'state') === 'locked') {
      const advice = 'Enter the passphrase in its page, or start it with --passphrase-file.'
      return [...old, { about: 'node', state: 'problem', text: `It runs at ${url} and is locked.`, advice }]
    }
    // Our own node answers by the schema of our own API.
    const network = (await ask(node, 'GET', '/v1/network')) as NetworkAnswer
    return [...old, { about: 'node', state: 'ok', text: `It runs at ${url}.` }, ...networkFindings(network, nowMs)]
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    const advice = 'It was killed, or something else has its port: parley start, which says more.'
    return [{ ...NOT_RUNNING, text, advice }]
  }
}

async function pushNodeFindings(data: string): Promise<readonly Finding[]> {
  const running = readJsonIfThere(runningPath(data))
  const metricsUrl = textAt(running, 'metricsUrl')
  const start = `parley push-node --data ${data}`
  if (metricsUrl === undefined) return [{ ...NOT_RUNNING, text: 'The push node does not run.', advice: start }]
  try {
    const health = await fetch(new URL('/health', metricsUrl))
    if (!health.ok) {
      const text = `The push node runs and cannot write: ${textAt(await health.json(), 'reason') ?? health.status}.`
      return [{ ...NOT_RUNNING, text, advice: 'Its disk is full or failing.' }]
    }
    const metrics = await (await fetch(metricsUrl)).text()
    const figure = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(metrics)?.[1] ?? 0)
    const used = figure('parley_push_relay_reservations')
    const most = figure('parley_push_relay_reservations_max')
    const text = `The push node runs; ${used} of ${most} places are taken.`
    const advice = 'Raise --relay-reservations, or tell people of a second push node.'
    return used < most ? [{ about: 'node', state: 'ok', text }] : [{ about: 'node', state: 'problem', text, advice }]
  } catch {
    return [{ ...NOT_RUNNING, text: 'The push node was killed, or does not answer.', advice: start }]
  }
}

/** The newest change of the database and what belongs to it. */
function lastChange(data: string): number | undefined {
  try {
    const times = readdirSync(data).map((name) => statSync(join(data, name)).mtimeMs)
    return times.length === 0 ? undefined : Math.max(...times)
  } catch {
    // What cannot be listed is said of the folder itself.
    return undefined
  }
}

const nearest = (path: string): string => (existsSync(path) ? path : nearest(dirname(path)))

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}
