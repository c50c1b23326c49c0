/** Networks that people have besides the usual one: IPv6, several at once, none that works, none at the same time. */
import { expect, test } from 'vitest'
import { befriend } from '../e2e/support/stage.ts'
import { until } from '../e2e/support/until.ts'
import { exchange, friends, LISTEN, LISTEN6, settled } from './support/people.ts'
import { describeHomes, openWorld } from './support/stage.ts'

const MEET_MS = 40_000

describeHomes('between homes', () => {
  test('[NET-30] homes with IPv6 alone meet through a push node and talk', async () => {
    await using world = openWorld()
    const people = await friends(world, { ip: 6 })
    await settled(people)
    await exchange(people, 'over IPv6')
  })

  test('[NET-30] IPv6 is taken where both have it and IPv4 too', async () => {
    await using world = openWorld()
    const push = await world.pushNode()
    const machine = world.publicMachine('Alice')
    const bobs = world.home({ ip: 'both' }).machine('Bob')
    const hosts = [`/ip4/${machine.ip4}`, `/ip6/${machine.ip6}`]
    const [alice, bob] = await Promise.all([
      machine.daemon({
        bootstrap: push.address,
        others: [...LISTEN, ...LISTEN6, ...hosts.flatMap((host) => ['--announce', `${host}/tcp/4100`])],
      }),
      bobs.daemon({ bootstrap: push.address, others: LISTEN }),
    ])
    await befriend(alice, bob, MEET_MS)
    expect(bobs.shell('ss -Htn state established')).toContain(`[${machine.ip6}]:4100`)
  })

  test('[NET-32] a computer in two networks at once stays connected when one of them goes', async () => {
    await using world = openWorld()
    const people = await friends(world)
    people.alice.machine.join(world.home({ subnet: '10.8.0' }))
    await exchange(people, 'in two networks')
    people.alice.machine.leave('eth0')
    await exchange(people, 'in the one that is left')
  })

  test('[NET-5] behind a captive portal that answers everything nothing is believed, and all works once it opens', async () => {
    await using world = openWorld()
    const push = await world.pushNode()
    const home = world.home()
    await home.capture()
    const [alice, bob] = await Promise.all([
      home.daemon({ name: 'Alice', bootstrap: push.address, others: LISTEN }),
      world.home().daemon({ name: 'Bob', bootstrap: push.address, others: LISTEN }),
    ])
    await until('the push node does not answer Alice', async () => {
      const { infrastructure, reachability } = await alice.api.call('network.get', {})
      return infrastructure.every(({ isConnected }) => !isConnected) && reachability.state !== 'public'
    })
    await home.release()
    await befriend(alice, bob, MEET_MS)
  })

  test('[OFF-1] two people who are never there at the same time hear from each other through a push node', async () => {
    await using world = openWorld()
    const { alice, bob, conversation } = await friends(world)
    await bob.daemon.stop()
    await alice.daemon.api.send(conversation, 'while you are away')
    const isStored = async () =>
      (await alice.daemon.api.history(conversation)).some(
        ({ state, content }) => state === 'stored' && content.type === 'text' && content.text === 'while you are away',
      )
    await until('the push node holds it', isStored, MEET_MS)
    await alice.daemon.stop()
    await bob.daemon.start()
    await bob.daemon.api.received(conversation, 'while you are away', MEET_MS)
  })

  test('[PUSH-9] a push node that has no place for anybody is told as such, and a direct way is used', async () => {
    await using world = openWorld()
    const push = await world.pushNode(['--relay-reservations', '1'])
    const open = world.publicMachine('Alice')
    const [first, second] = [
      await open.daemon({ bootstrap: push.address, others: [...LISTEN, '--announce', `/ip4/${open.ip4}/tcp/4100`] }),
      await world.home().daemon({ name: 'Bob', bootstrap: push.address, others: LISTEN }),
    ]
    await until('one of them was refused a place', async () => {
      const all = await Promise.all([first, second].map(({ api }) => api.call('network.get', {})))
      return all.some(({ infrastructure }) => infrastructure.some(({ relay }) => relay !== 'reserved'))
    })
    await befriend(first, second, MEET_MS)
  })
})
