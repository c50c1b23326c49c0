/**
 * The figures that are watched: printed with their targets and with what docs/benchmarks.md says of the commit before.
 *
 *     node lab/bench/standing.bench.ts [--save]
 *
 * `--save` writes them there, for the next to compare with.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { befriend, onReceived, percentile, startDaemon, startPushNode, temporaryFolder, until } from './daemons.ts'
import { fillHistory } from './history.ts'
import { Standing } from './standing-table.ts'
import { measureIdle, measureList, measurePushNode } from './start-figures.ts'
import { measureFirstLoad } from './web-page.ts'

const HISTORY = 2_000
const STARTS = 5
const WARM_UP = 50
const PINGS = 100
const PASSED = 5_000
const SENT_AHEAD = 256
const WAITING = 1_000
const EVENTS_INTERVAL_MS = 35
const TIMES = fileURLToPath(new URL('../../.cache/test-times.json', import.meta.url))
const PAGE = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url))

const standing = new Standing(PAGE)
await measureStarts()
await measureDelivery()
await measureWaiting()
reportSuite()
if (process.argv.includes('--save')) {
  standing.save(execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim())
}

async function measureStarts(): Promise<void> {
  const push = await measurePushNode()
  standing.report('push_node_ready', push.readyMs, 'ms', '<= 350')
  standing.report('push_node_idle_rss', push.idleMb, 'MB', '<= 100')
  const data = temporaryFolder()
  try {
    await fillHistory(data, HISTORY)
    standing.report('start_to_list_p50', percentile(await measureList(data, STARTS), 0.5), 'ms', '<= 250')
    await using daemon = await startDaemon('Bob', data)
    standing.report('idle_rss', await measureIdle(daemon), 'MB', '<= 110')
    const { bytes, times } = await measureFirstLoad(daemon)
    standing.report('page_first_load', bytes / 1_000, 'kB', '<= 250')
    standing.report('page_to_list_p50', percentile(times, 0.5), 'ms', '<= 1000')
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

async function measureDelivery(): Promise<void> {
  await using alice = await startDaemon('Alice')
  await using bob = await startDaemon('Bob')
  const conversation = await befriend(alice, bob)
  let arrived: ((id: string) => void) | undefined
  onReceived(bob, ({ id }) => arrived?.(id))
  const times: number[] = []
  for (let index = 0; index < WARM_UP + PINGS; index++) {
    const seen = new Promise<string>((resolve) => (arrived = resolve))
    const sentAt = performance.now()
    await alice.api.call('messages.send', { conversation, text: `ping ${index}` })
    await seen
    if (index >= WARM_UP) times.push(performance.now() - sentAt)
    // Events are collected for a moment after each other: measure the delivery, not the collecting.
    await new Promise((resolve) => setTimeout(resolve, EVENTS_INTERVAL_MS))
  }
  standing.report(
    'latency_p50',
    percentile(
      times.toSorted((a, b) => a - b),
      0.5,
    ),
    'ms',
    '<= 5',
  )
  const received = new Set<string>()
  arrived = (id) => received.add(id)
  let next = 0
  const startedAt = performance.now()
  const sender = async (): Promise<void> => {
    while (next < PASSED) await alice.api.call('messages.send', { conversation, text: `Message ${next++}` })
  }
  await Promise.all(Array.from({ length: SENT_AHEAD }, sender))
  await until(async () => (received.size >= PASSED ? true : undefined), 120_000)
  const seconds = (performance.now() - startedAt) / 1_000
  standing.report('throughput', PASSED / seconds, 'messages/s', '>= 2500')
}

/** From the start of somebody for whom messages wait at a push node until the last of them is stored. */
async function measureWaiting(): Promise<void> {
  const folder = temporaryFolder()
  const texts = Array.from({ length: WAITING }, (_, index) => `Message ${index}`)
  await using push = await startPushNode()
  const others = ['--bootstrap', push.address]
  try {
    const conversation = await leaveWaiting(folder, texts, others)
    const startedAt = performance.now()
    await using back = await startDaemon('Bob', folder, [], others)
    await until(async () => {
      const { messages } = await back.api.call('messages.page', { conversation, limit: 1 })
      const content = messages[0]?.content
      return content?.type === 'text' && content.text === texts.at(-1) ? true : undefined
    }, 60_000)
    standing.report('waiting_1000', performance.now() - startedAt, 'ms', '<= 1000')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Alice writes to Bob, whose folder is `folder` and who is away, until all of it is stored elsewhere; then she goes too. */
async function leaveWaiting(folder: string, texts: readonly string[], others: readonly string[]): Promise<string> {
  await using alice = await startDaemon('Alice', undefined, [], others)
  let conversation = ''
  {
    await using bob = await startDaemon('Bob', folder, [], others)
    conversation = await befriend(alice, bob)
  }
  await Promise.all(texts.map((text) => alice.api.call('messages.send', { conversation, text })))
  await until(async () => {
    const { waitingMessages, waiting } = await alice.api.call('network.get', {})
    return waitingMessages >= WAITING && waiting.every(({ onlyHere }) => onlyHere === 0) ? true : undefined
  }, 60_000)
  return conversation
}

/** Of the last whole run of the tests here, if there was one. */
function reportSuite(): void {
  if (!existsSync(TIMES)) return
  const { totalSeconds } = JSON.parse(readFileSync(TIMES, 'utf8')) as { readonly totalSeconds: number }
  standing.report('suite', totalSeconds, 's', '<= 600')
}
