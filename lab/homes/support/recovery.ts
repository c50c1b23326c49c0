/** What happens to the network under a person, and how long it takes until what they write arrives again. */
import { pause } from '../../e2e/support/until.ts'
import { exchange, friends, settled, type Friends } from './people.ts'
import type { HomeOptions, World } from './world.ts'

export interface Recovery {
  /** Of a figure. */
  readonly metric: string
  /** What a person would say. */
  readonly story: string
  readonly homes?: HomeOptions
  /** Breaks the network and mends it; what is measured begins when it resolves. */
  readonly happens: (friends: Friends, world: World) => Promise<void> | void
}

const OUT_MS = 20_000

export const RECOVERIES: readonly Recovery[] = [
  {
    metric: 'new Wi-Fi',
    story: 'a new Wi-Fi: another home, another address, another router',
    happens: ({ alice }, world) => alice.machine.move(world.home({ subnet: '10.7.0' })),
  },
  {
    metric: 'new wide-area address',
    story: 'the router gets a new address from its provider, and nothing changes at home',
    happens: ({ alice }) => alice.home.changeOutsideAddress(),
  },
  {
    metric: 'sleep and wake',
    story: 'the machine sleeps for 20 s and wakes',
    async happens({ alice }) {
      alice.machine.sleep()
      await pause(OUT_MS)
      alice.machine.wake()
    },
  },
  {
    metric: 'cable out for 20 s',
    story: 'the cable is out for 20 s',
    async happens({ alice }) {
      alice.machine.unplug()
      await pause(OUT_MS)
      alice.machine.plugIn()
    },
  },
  {
    metric: 'router reboot',
    story: 'the router restarts and has forgotten every mapping',
    happens: ({ alice }) => alice.home.router.reboot(),
  },
  {
    metric: 'push node restart',
    story: 'the push node restarts',
    happens: ({ push }) => push.restart(),
  },
]

/**
 * Lets two people meet, lets it happen to one of them, and writes at once both ways.
 * @returns milliseconds from the mended network to the later arrival.
 */
export async function recover(world: World, { homes = {}, happens }: Recovery): Promise<number> {
  const people = await friends(world, homes)
  await settled(people)
  await happens(people, world)
  return exchange(people, 'after')
}
