/** Two people in homes of their own who know each other, and a push node between. */
import type { Daemon } from '../../e2e/support/daemon.ts'
import { befriend } from '../../e2e/support/stage.ts'
import { until } from '../../e2e/support/until.ts'
import type { Home, HomeOptions, World } from './world.ts'
import type { LabPushNode, Machine } from './machine.ts'

/** Everywhere on the machine, as somebody chooses who wants to be reached. */
export const LISTEN: readonly string[] = ['--listen', '/ip4/0.0.0.0/tcp/4100']
export const LISTEN6: readonly string[] = ['--listen', '/ip6/::/tcp/4100']
const MEET_MS = 40_000

export interface Person {
  readonly home: Home
  readonly machine: Machine
  readonly daemon: Daemon
}

export interface Friends {
  readonly alice: Person
  readonly bob: Person
  readonly push: LabPushNode
  readonly conversation: string
}

/** Two homes with a router each, one person in each, who met by an invite link. */
export async function friends(world: World, options: HomeOptions = {}, others = options): Promise<Friends> {
  const push = await world.pushNode([], options.ip === undefined ? 4 : 'both')
  const person = async (name: string, home: Home, ip: HomeOptions['ip']): Promise<Person> => {
    const machine = home.machine(name)
    const addresses = push.addresses.filter((address) => ip !== 6 || address.startsWith('/ip6/'))
    const listen = [...(ip === 6 ? [] : LISTEN), ...(ip === 6 || ip === 'both' ? LISTEN6 : [])]
    const daemon = await machine.daemon({ name, bootstrap: addresses[0] ?? push.address, others: listen })
    return { home, machine, daemon }
  }
  const [alice, bob] = await Promise.all([
    person('Alice', world.home(options), options.ip),
    person('Bob', world.home(others), others.ip),
  ])
  const conversation = await befriend(alice.daemon, bob.daemon, MEET_MS)
  await exchange({ alice, bob, push, conversation }, 'before')
  return { alice, bob, push, conversation }
}

/** One message each way. @returns milliseconds until both arrived. */
export async function exchange({ alice, bob, conversation }: Friends, text: string, waitMs = MEET_MS): Promise<number> {
  const startedAt = performance.now()
  await Promise.all([
    alice.daemon.api.send(conversation, `${text}, from Alice`),
    bob.daemon.api.send(conversation, `${text}, from Bob`),
  ])
  await Promise.all([
    bob.daemon.api.received(conversation, `${text}, from Alice`, waitMs),
    alice.daemon.api.received(conversation, `${text}, from Bob`, waitMs),
  ])
  return performance.now() - startedAt
}

/** Waits until both push node and link are there, so that what follows is about their loss. */
export async function settled({ alice, bob }: Friends, waitMs = MEET_MS): Promise<void> {
  for (const { daemon } of [alice, bob]) {
    await until(
      `${daemon.name} is connected`,
      async () => {
        const { infrastructure, peers } = await daemon.api.call('network.get', {})
        return peers.length > 0 && infrastructure.every((each) => each.isConnected)
      },
      waitMs,
    )
  }
}
