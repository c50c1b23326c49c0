/** Two real daemons that know each other by onion addresses alone, over a Tor network of this test. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Daemon } from './support/daemon.ts'
import { PrivateTor, type TorClient, findTor } from './support/private-tor.ts'
import { befriend, Stage } from './support/stage.ts'
import { lastText } from './support/talk.ts'
import { Outgoing, residentBytes } from './support/tor-sockets.ts'
import { until } from './support/until.ts'

const START_MS = 200_000
const MINUTE_MS = 60_000
/** Usually two seconds. A circuit that leads nowhere is given up after TOR_DIAL_ADDRESS_TIMEOUT_MS, and so may the next one be. */
const MEET_MS = 4 * MINUTE_MS
const MEGABYTE = 1_048_576
const programs = findTor()
if (programs === undefined) {
  process.stderr.write(
    'SKIPPED: the tests over Tor. Tor is not installed (on Debian: apt-get install tor), or set TOR_PATH.\n',
  )
}

/** In time and by itself. */
const ended = { code: 0, signal: null }

const timed = async <T>(work: () => Promise<T>): Promise<readonly [T, number]> => {
  const startedAt = performance.now()
  return [await work(), Math.round(performance.now() - startedAt)]
}
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

describe.skipIf(programs === undefined)('over Tor', () => {
  let network: PrivateTor | undefined
  let tors: ReadonlyMap<'alice' | 'bob', TorClient> = new Map()
  const torOf = (name: 'alice' | 'bob'): TorClient => {
    const tor = tors.get(name)
    if (tor === undefined) throw new Error(`${name} has no Tor`)
    return tor
  }

  beforeAll(async () => {
    if (programs === undefined) return
    const [started, tookMs] = await timed(() => PrivateTor.start(programs, ['alice', 'bob'] as const))
    network = started.network
    tors = started.clients
    process.stdout.write(`a private Tor network: ${tookMs} ms\n`)
  }, START_MS)
  afterAll(async () => network?.[Symbol.asyncDispose]())

  test('[TOR-1] two daemons meet and talk at onion addresses, and nothing of them goes past Tor', async () => {
    await using stage = new Stage()
    using outgoing = new Outgoing('parley.mjs')
    const start = (name: 'alice' | 'bob') => stage.daemon(name, { name, others: torOf(name).flags })
    const [alice, bob] = await Promise.all([start('alice'), start('bob')])
    for (const { addresses } of [alice, bob]) {
      expect(addresses).toEqual([expect.stringMatching(/^\/onion3\/[a-z2-7]{56}:4001\/p2p\//)])
    }
    const [, foundMs] = await timed(() => Promise.all([alice, bob].map(isReachable)))
    const [conversation, metMs] = await timed(() => befriend(alice, bob, MEET_MS))
    const rttsMs: number[] = []
    for (let round = 0; round < 15; round++) {
      const [, tookMs] = await timed(async () => {
        const { id } = await alice.api.send(conversation, `Message ${round}`)
        await until('it is delivered', async () => {
          const page = await alice.api.call('messages.page', { conversation, limit: 5 })
          return page.messages.some((each) => each.id === id && each.state === 'delivered')
        })
      })
      rttsMs.push(tookMs)
    }
    expect((await bob.api.texts(conversation)).slice(-15)).toEqual(rttsMs.map((_, round) => `Message ${round}`))
    const status = await bob.api.call('network.get', {})
    expect(status).toMatchObject({ transport: 'tor', isListening: true, peers: [{ name: 'alice', path: 'direct' }] })

    const { page } = await stage.page(alice, { path: `/c/${conversation}` })
    await bob.api.send(conversation, 'Nobody knows where I am')
    await lastText(page, 'Nobody knows where I am')
    await page.getByRole('button', { name: /Connected to 1 contact \(through Tor\)/ }).click()
    await page.getByTestId('tor').getByText('Others reach you at an onion address.').waitFor()

    const allowed = new Set([...tors.values()].flatMap(({ socks, control }) => [socks, control]))
    expect(outgoing.places.size).toBeGreaterThan(0)
    expect([...outgoing.places].filter((place) => !allowed.has(place))).toEqual([])
    const memory = [...(network?.memory() ?? [])].map(([name, bytes]) => `${name} ${Math.round(bytes / MEGABYTE)}`)
    const daemons = [alice, bob].map(({ child }) => Math.round(residentBytes(child.pid) / MEGABYTE))
    process.stdout.write(
      `over Tor: found after ${foundMs} ms, met in ${metMs} ms, delivered p50 ${median(rttsMs)} ms, ` +
        `worst ${Math.max(...rttsMs)} ms; MiB: daemons ${daemons.join(' ')}, ${memory.join(', ')}\n`,
    )
  }, 360_000)

  test('[TOR-10] somebody without Tor reaches a daemon behind Tor through a push node, which goes through Tor itself', async () => {
    await using stage = new Stage()
    const { address } = await stage.pushNode()
    const alice = await stage.daemon('alice', { name: 'alice', bootstrap: address, others: torOf('alice').flags })
    const isHeld = async (): Promise<boolean> => (await alice.api.call('me.get', {})).addresses.length > 1
    const [, heldMs] = await timed(() => until('the push node holds a place', isHeld, MINUTE_MS))
    const carol = await stage.daemon('carol', { name: 'carol', bootstrap: address })
    const [conversation, metMs] = await timed(() => befriend(alice, carol, MEET_MS))
    await alice.api.send(conversation, 'Hello over there')
    await carol.api.received(conversation, 'Hello over there', MINUTE_MS)
    process.stdout.write(
      `a place at a push node through an exit: ${heldMs} ms; met somebody without Tor: ${metMs} ms\n`,
    )
    for (const each of (await alice.api.call('me.get', {})).addresses) {
      expect(each.startsWith('/onion3/') || each.startsWith(`${address}/p2p-circuit/`)).toBe(true)
    }
  }, 360_000)

  test('[TOR-9] Tor stops and comes back: what was written meanwhile waits, and is delivered at the same address', async () => {
    await using stage = new Stage()
    const start = (name: 'alice' | 'bob') => stage.daemon(name, { name, others: torOf(name).flags })
    const [alice, bob] = await Promise.all([start('alice'), start('bob')])
    await Promise.all([alice, bob].map(isReachable))
    const conversation = await befriend(alice, bob, MEET_MS)
    await torOf('alice').stop()
    await until('it is noticed', async () => !(await alice.api.call('network.get', {})).isListening, MINUTE_MS)
    await until('the link is gone', async () => (await alice.api.call('network.get', {})).peers.length === 0, MINUTE_MS)
    await alice.api.send(conversation, 'Written while Tor was away')
    const [, backMs] = await timed(async () => {
      await torOf('alice').start()
      await bob.api.received(conversation, 'Written while Tor was away', 2 * MINUTE_MS)
    })
    await isReachable(alice)
    expect((await alice.api.call('me.get', {})).addresses).toEqual(alice.addresses)
    process.stdout.write(`delivered after Tor came back: ${backMs} ms\n`)
    expect(await Promise.all([alice.stop(), bob.stop()])).toEqual([ended, ended])
  }, 360_000)
})

const isReachable = ({ name, api }: Daemon): Promise<boolean> =>
  until(`${name} is published`, async () => (await api.call('network.get', {})).isListening, MINUTE_MS)
