/**
 * Messages that wait: how long a call takes when the reader is away, how long a thousand take to arrive when it is back,
 * how soon somebody who cannot be dialled sees what was left, and what a message costs on the wire and in storage. Real
 * processes and one push node, on loopback.
 *
 *     node lab/bench/offline.bench.ts [--profile DIR]
 *
 * `--profile` writes a CPU profile of the daemon that comes back.
 */
import { createMemoryStore } from '@parley/adapter-memory'
import { createNodeCrypto, nodeRandom } from '@parley/adapter-crypto-node'
import { createLibp2pNetwork } from '@parley/adapter-network-libp2p'
import { openEngine, type Engine } from '@parley/engine'
import {
  befriend,
  onReceived,
  percentile,
  report,
  startDaemon,
  startPushNode,
  temporaryFolder,
  until,
} from './daemons.ts'

const CALLS = 300
const WAITING = 1_000
const WAKE_UPS = 100
const TEXT = 'x'.repeat(190)
/** Requests and answers of the engines of this process. */
let carriedBytes = 0

const profileAt = process.argv.indexOf('--profile')
const profile = profileAt < 0 ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.argv[profileAt + 1] ?? '.'}`]

await using push = await startPushNode()
const flags = ['--bootstrap', push.address]
await measureWaiting()
await measureWakeUps()

async function measureWaiting(): Promise<void> {
  const folder = temporaryFolder()
  await using alice = await startDaemon('Alice', undefined, [], flags)
  const bob = await startDaemon('Bob', folder, [], flags)
  const conversation = await befriend(alice, bob)
  await bob[Symbol.asyncDispose]()
  const times: number[] = []
  for (let index = 0; index < CALLS; index++) {
    const startedAt = performance.now()
    await alice.api.call('messages.send', { conversation, text: `${index} ${TEXT}` })
    times.push(performance.now() - startedAt)
  }
  times.sort((a, b) => a - b)
  report('absent_call_p50', percentile(times, 0.5), 'ms', '<= 10')
  report('absent_call_p99', percentile(times, 0.99), 'ms', '<= 10')
  const batch = Array.from({ length: WAITING - CALLS }, (_, index) => `${CALLS + index} ${TEXT}`)
  const storedAt = performance.now()
  await Promise.all(batch.map((text) => alice.api.call('messages.send', { conversation, text })))
  const { waiting } = await until(async () => {
    const view = await alice.api.call('network.get', {})
    return view.waiting.every(({ onlyHere }) => onlyHere === 0) ? view : undefined
  })
  await until(async () => {
    const { messages } = await alice.api.call('messages.page', { conversation, limit: 200 })
    return messages.every(({ state }) => state === 'stored') ? true : undefined
  })
  report('waiting_until_stored', performance.now() - storedAt, `ms for ${batch.length}`)
  const bytes = waiting[0]?.bytes ?? Number.NaN
  report('waiting_bytes_per_message', bytes / (waiting[0]?.envelopes ?? 1), 'bytes of a block, padded')
  const spawnedAt = performance.now()
  await using back = await startDaemon('Bob', folder, profile, flags)
  const readyAt = performance.now()
  const received = new Set<string>()
  const stop = onReceived(back, ({ id }) => received.add(id))
  await until(async () => {
    const page = await back.api.call('messages.page', { conversation, limit: 1 })
    const last = page.messages.at(-1)
    return last?.content.type === 'text' && last.content.text.startsWith(`${WAITING - 1} `) ? true : undefined
  })
  stop()
  report('return_ready', readyAt - spawnedAt, 'ms from the start of the process')
  report(
    'return_all_there',
    performance.now() - spawnedAt,
    `ms from the start of the process, ${WAITING} messages`,
    '<= 1000',
  )
  report('return_all_after_ready', performance.now() - readyAt, `ms after it was ready, ${WAITING} messages`)
}

/** Two engines that nobody can dial and no relay leads to: all they have is the push node. */
async function measureWakeUps(): Promise<void> {
  await using alice = await openHidden('Alice')
  await using bob = await openHidden('Bob')
  const conversation = await meet(alice, bob)
  const times: number[] = []
  for (let index = 0; index < WAKE_UPS; index++) times.push(await wakeUp(alice, bob, conversation, `wake ${index}`))
  times.sort((a, b) => a - b)
  await costOfOne(alice, bob, conversation)
  report('wake_up_p50', percentile(times, 0.5), 'ms from stored to shown', '<= 300')
  report('wake_up_p99', percentile(times, 0.99), 'ms from stored to shown')
}

/** Both ways: left, found, fetched, acknowledged, taken back; everything that both say to the push node meanwhile. */
async function costOfOne(alice: Engine, bob: Engine, conversation: string): Promise<void> {
  const before = carriedBytes
  await wakeUp(alice, bob, conversation, TEXT)
  await until(async () => {
    const { messages } = await alice.call('messages.page', { conversation, limit: 1 })
    return messages[0]?.state === 'delivered' ? true : undefined
  })
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  report('carried_for_one_message', carriedBytes - before, `bytes to and from the push node, ${TEXT.length} letters`)
}

async function wakeUp(from: Engine, to: Engine, conversation: string, text: string): Promise<number> {
  const shown = Promise.withResolvers<number>()
  const stored = Promise.withResolvers<number>()
  const stops = [
    to.on('messages.changed', ({ messages }) => {
      if (messages.some(({ content }) => content.type === 'text' && content.text === text))
        shown.resolve(performance.now())
    }),
    from.on('messages.changed', ({ messages }) => {
      const isStored = messages.some(
        ({ content, state }) => content.type === 'text' && content.text === text && state !== 'queued',
      )
      if (isStored) stored.resolve(performance.now())
    }),
  ]
  await from.call('messages.send', { conversation, text })
  const [shownAt, storedAt] = await Promise.all([shown.promise, stored.promise])
  for (const stop of stops) stop()
  return Math.max(0, shownAt - storedAt)
}

async function openHidden(name: string): Promise<Engine> {
  const crypto = await createNodeCrypto()
  return openEngine(
    {
      store: createMemoryStore(),
      clock: {
        now: () => Date.now(),
        after(delayMs, fire) {
          const timer = setTimeout(fire, delayMs)
          return () => clearTimeout(timer)
        },
      },
      random: nodeRandom,
      crypto,
      log: { log: () => undefined },
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      async createNetwork(deviceSeed) {
        const network = await createLibp2pNetwork({
          deviceSeed,
          listen: [],
          bootstrap: [push.address],
          isRelayClient: false,
          log: { log: () => undefined },
        })
        const { mailbox } = network
        const ask = mailbox.request.bind(mailbox)
        mailbox.request = async (address, request, signal) => {
          const answer = await ask(address, request, signal)
          carriedBytes += request.length + answer.length
          return answer
        }
        return network
      },
    },
    { name },
  )
}

/** First contact through the push node. */
async function meet(a: Engine, b: Engine): Promise<string> {
  const { link } = await a.call('invites.create', {})
  const { id } = await b.call('contacts.add', { link })
  const request = await until(async () => (await a.call('requests.list', {}))[0], 60_000)
  await a.call('requests.accept', { id: request.id })
  await until(async () => (await b.call('conversations.list', {})).find(({ status }) => status === 'active'), 60_000)
  return id
}
