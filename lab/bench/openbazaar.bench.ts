/**
 * OpenBazaar's API between two daemons on loopback: what a client waits for one message after another, for three
 * hundred of them six at a time, as a browser sends them, and for a page of history.
 *
 *     node lab/bench/openbazaar.bench.ts
 */
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { befriend, cpuMs, type Daemon, percentile, report, startDaemon, until } from './daemons.ts'

const WARM_UP = 100
const POSTS = 300
/** What a browser opens to one place. */
const CONNECTIONS = 6
const PAGE = 25
const READS = 300
const FLAGS = ['--openbazaar-api', '127.0.0.1:0']

await using alice = await startDaemon('Alice', undefined, [], FLAGS)
await using bob = await startDaemon('Bob', undefined, [], FLAGS)
await befriend(alice, bob)

/** Connections as a browser keeps them; whoever asks one thing after another uses one of them. */
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
const bobsId = String((await ask(bob, 'GET', '/ob/config'))['peerID'])
const path = `/ob/chatmessages/${bobsId}?limit=${PAGE}`
const chat = (text: string) =>
  ask(alice, 'POST', '/ob/chat/', JSON.stringify({ peerId: bobsId, subject: '', message: text }))

for (let index = 0; index < WARM_UP; index++) await chat(`warm-up ${index}`)
const posts: number[] = []
const cpuBefore = cpuMs(alice.process.pid)
for (let index = 0; index < POSTS; index++) {
  const at = performance.now()
  await chat(`message ${index} ${'x'.repeat(100)}`)
  posts.push(performance.now() - at)
}
posts.sort((a, b) => a - b)
report('openbazaar_post_p50', percentile(posts, 0.5), 'ms', '<= 5')
report('openbazaar_post_p99', percentile(posts, 0.99), 'ms')
// With sealing and sending to the other daemon, which goes on beside the answers.
report('openbazaar_post_cpu', (cpuMs(alice.process.pid) - cpuBefore) / POSTS, 'ms')

const startedAt = performance.now()
let posted = 0
const connection = async (): Promise<void> => {
  while (posted < POSTS) await chat(`together ${posted++}`)
}
await Promise.all(Array.from({ length: CONNECTIONS }, connection))
report('openbazaar_300_posts_by_six', (performance.now() - startedAt) / 1_000, 's', '<= 1')

await until(async () => {
  const conversations = await bob.api.call('conversations.list', {})
  return conversations[0]?.unread === WARM_UP + 2 * POSTS ? true : undefined
})
report('openbazaar_get_25_p50', await measureReads(alice, path), 'ms', '<= 3')
const alicesId = String((await ask(alice, 'GET', '/ob/config'))['peerID'])
report('openbazaar_get_25_unread_p50', await measureReads(bob, `/ob/chatmessages/${alicesId}?limit=${PAGE}`), 'ms')
agent.destroy()

/** From the daemon's ready line. */
function placeOf(daemon: Daemon): string {
  return String(new Map(Object.entries(daemon)).get('openbazaarUrl'))
}

async function measureReads(daemon: Daemon, from: string): Promise<number> {
  const reads: number[] = []
  for (let index = 0; index < READS; index++) {
    const at = performance.now()
    await ask(daemon, 'GET', from)
    reads.push(performance.now() - at)
  }
  return percentile(
    reads.sort((a, b) => a - b),
    0.5,
  )
}

function ask(daemon: Daemon, method: string, to: string, body?: string): Promise<Readonly<Record<string, unknown>>> {
  const url = new URL(to, placeOf(daemon))
  const cookie = readFileSync(join(daemon.data, 'openbazaar.cookie'), 'utf8').trim()
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent, headers: { cookie } }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const text = Buffer.concat(parts).toString()
        if (response.statusCode === 200) resolve(JSON.parse(text))
        else reject(new Error(text))
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
