/**
 * What it is like to live with a long history: a daemon whose one conversation has many messages, its API, its start,
 * its idle cost. Fills the history through the real API first, which takes a minute or so.
 *
 *     node lab/bench/existing-data.bench.ts [--messages 100000]
 */
import { rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { cpuMs, percentile, report, residentMb, startDaemon, temporaryFolder, type Daemon } from './daemons.ts'
import { fillHistory, HISTORY_PAGE } from './history.ts'
import { measurePage } from './web-page.ts'

const PAGE = HISTORY_PAGE
const PAGES = 300
const STARTS = 5
const SETTLE_MS = 5_000
const IDLE_MS = 20_000

const countAt = process.argv.indexOf('--messages')
const messages = countAt < 0 ? 100_000 : Number(process.argv[countAt + 1])
const data = temporaryFolder()
try {
  const conversation = await fillHistory(data, messages)
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
