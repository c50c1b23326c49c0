/**
 * What it is like to live with a long history: a daemon whose one conversation has many messages, its API, its start,
 * its idle cost. Fills the history through the real API first, which takes a minute or so.
 *
 *     node lab/bench/existing-data.bench.ts [--messages 100000]
 */
import { rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import {
  befriend,
  cpuMs,
  onReceived,
  percentile,
  report,
  residentMb,
  startDaemon,
  temporaryFolder,
  until,
  type Daemon,
} from './daemons.ts'
import { measurePage } from './web-page.ts'

const PAGE = 50
const PAGES = 300
const STARTS = 5
const SENT_AHEAD = 256
const SETTLE_MS = 5_000
const IDLE_MS = 20_000

const countAt = process.argv.indexOf('--messages')
const messages = countAt < 0 ? 100_000 : Number(process.argv[countAt + 1])
const data = temporaryFolder()
try {
  const conversation = await fill(messages)
  {
    await using daemon = await startDaemon('Bob', data)
    const { sorted, first } = await measureHistory(daemon, conversation)
    report('history_page_p50', percentile(sorted, 0.5), 'ms', '<= 5')
    report('history_page_p99', percentile(sorted, 0.99), 'ms', '<= 5')
    report('history_page_first', first, 'ms')
  }
  await measureStarts()
  {
    await using daemon = await startDaemon('Bob', data)
    await measureIdle(daemon)
    await measurePage(daemon)
  }
} finally {
  rmSync(data, { recursive: true, force: true })
}

/** Alice writes to Bob, whose data folder is `data`, until he has `count` messages. */
async function fill(count: number): Promise<string> {
  await using alice = await startDaemon('Alice')
  await using bob = await startDaemon('Bob', data)
  await using carol = await startDaemon('Carol')
  const received = new Set<string>()
  onReceived(bob, ({ id }) => received.add(id))
  const conversation = await befriend(alice, bob)
  const other = await befriend(carol, bob)
  for (let index = 0; index < PAGE; index++) {
    await carol.api.call('messages.send', { conversation: other, text: `From Carol ${index}` })
  }
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < count) {
      const number = next++
      await alice.api.call('messages.send', { conversation, text: `Message ${number}: ${'word '.repeat(number % 30)}` })
    }
  }
  await Promise.all(Array.from({ length: SENT_AHEAD }, sender))
  await until(async () => (received.size >= count + PAGE ? true : undefined), 600_000)
  return conversation
}

/** Times of REST pages at places spread over the whole history, sorted, and that of the very first. */
async function measureHistory(daemon: Daemon, conversation: string) {
  const times: number[] = []
  let before: string | undefined
  for (let index = 0; index < Math.min(PAGES, Math.floor(messages / PAGE)); index++) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(before === undefined ? {} : { before }) })
    const startedAt = performance.now()
    const response = await fetch(`${daemon.url}/v1/conversations/${conversation}/messages?${query}`, {
      headers: { authorization: `Bearer ${daemon.token}` },
    })
    const page = (await response.json()) as { readonly messages: readonly { readonly id: string }[] }
    times.push(performance.now() - startedAt)
    if (page.messages.length !== PAGE) throw new Error(`a page of ${page.messages.length}`)
    before = page.messages[0]?.id
  }
  return { first: times[0] ?? Number.NaN, sorted: times.sort((a, b) => a - b) }
}

async function measureStarts(): Promise<void> {
  const times: number[] = []
  for (let index = 0; index < STARTS; index++) {
    await using daemon = await startDaemon('Bob', data)
    times.push(daemon.readyMs)
  }
  times.sort((a, b) => a - b)
  report('daemon_ready_existing_data_p50', percentile(times, 0.5), 'ms', '<= 800')
  report('daemon_ready_existing_data_max', times.at(-1) ?? Number.NaN, 'ms')
}

async function measureIdle(daemon: Daemon): Promise<void> {
  await pause(SETTLE_MS)
  const { pid } = daemon.process
  const cpuBefore = cpuMs(pid)
  await pause(IDLE_MS)
  report('daemon_idle_rss', residentMb(pid), 'MB', '<= 150')
  report('daemon_idle_cpu', ((cpuMs(pid) - cpuBefore) / IDLE_MS) * 100, '%', '<= 1')
}
