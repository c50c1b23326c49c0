/**
 * There at once: what a person who starts a node waits for, and what it takes while nothing happens. Real processes.
 *
 *     node lab/bench/start.bench.ts [--messages 100000] [--without-clone]
 */
import { rmSync } from 'node:fs'
import { befriend, onReceived, percentile, report, startDaemon, temporaryFolder, until } from './daemons.ts'
import { fillHistory } from './history.ts'
import {
  measureCommand,
  measureFreshClone,
  measureIdle,
  measureList,
  measurePosts,
  measurePushNode,
} from './start-figures.ts'

const STARTS = 10
const COMMANDS = 10
const POSTS = 1_000
const PASSED = 20_000
const SENT_AHEAD = 256
const MINUTE_MS = 60_000

const countAt = process.argv.indexOf('--messages')
const messages = countAt < 0 ? 100_000 : Number(process.argv[countAt + 1])

report('help_p50', percentile(await measureCommand(['--help'], COMMANDS), 0.5), 'ms', '<= 120')
const push = await measurePushNode()
report('push_node_ready', push.readyMs, 'ms', '<= 350')
report('push_node_idle_rss', push.idleMb, 'MB', '<= 100')

const { posts, commits } = await measurePosts(POSTS)
const longestCommit = commits.at(-1) ?? Number.NaN
report('post_absent_p99', percentile(posts, 0.99), 'ms', '<= 15')
report('post_absent_longest', posts.at(-1) ?? Number.NaN, 'ms', `<= ${(3 * longestCommit).toFixed(1)}`)
report('bare_commit_longest', longestCommit, 'ms')

await measurePair()
await measureSecondStart()
if (!process.argv.includes('--without-clone')) {
  const { seconds, packages } = await measureFreshClone()
  report('fresh_clone_to_page', seconds, 's', '<= 20')
  report('installed_packages', packages, 'packages', '<= 637')
}

/** Idle memory after the start, `parley send`, and memory a minute after many messages passed. */
async function measurePair(): Promise<void> {
  await using alice = await startDaemon('Alice')
  await using bob = await startDaemon('Bob')
  report('idle_rss', await measureIdle(alice), 'MB', '<= 110')
  const received = new Set<string>()
  onReceived(bob, ({ id }) => received.add(id))
  const conversation = await befriend(alice, bob)
  const send = ['send', '--data', alice.data, '--to', bob.account, 'On my way']
  report('send_p50', percentile(await measureCommand(send, COMMANDS), 0.5), 'ms', '<= 300')
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < PASSED) await alice.api.call('messages.send', { conversation, text: `Message ${next++}` })
  }
  await Promise.all(Array.from({ length: SENT_AHEAD }, sender))
  await until(async () => (received.size >= PASSED + COMMANDS ? true : undefined), 10 * MINUTE_MS)
  report('rss_minute_after_messages', await measureIdle(alice, MINUTE_MS), 'MB', '<= 130')
}

/** The second start of a node with a long history. */
async function measureSecondStart(): Promise<void> {
  const data = temporaryFolder()
  try {
    await fillHistory(data, messages)
    const times = await measureList(data, STARTS)
    report('second_start_list_p50', percentile(times, 0.5), 'ms', '<= 250')
    report('second_start_list_max', times.at(-1) ?? Number.NaN, 'ms')
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}
