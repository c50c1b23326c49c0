/** Who may reach a node, in homes with routers: chosen while it runs, helped by the router, proven by others. */
import { expect, test } from 'vitest'
import { befriend } from '../e2e/support/stage.ts'
import { until } from '../e2e/support/until.ts'
import { describeHomes, openWorld } from './support/stage.ts'

const ANYONE = ['--reach', 'anyone']

describeHomes('reach', () => {
  for (const kind of ['upnp', 'nat-pmp'] as const)
    test(`[NET-14] [NET-12] [NET-13] a router that speaks ${kind}: anyone with the link gets in, which was proven, and the port is given back`, async () => {
      await using world = openWorld()
      const push = await world.pushNode()
      const home = world.home({ router: kind })
      const alice = await home.daemon({ name: 'Alice', bootstrap: push.address, others: ANYONE })
      const network = await until(
        'it is proven',
        async () => {
          const now = await alice.api.call('network.get', {})
          return now.reachability.state === 'public' ? now : undefined
        },
        40_000,
      )
      expect(network).toMatchObject({
        reach: 'anyone',
        isReachChosen: true,
        reachability: { by: 'push-node' },
        portMapping: {
          state: 'mapped',
          address: expect.stringContaining(`/ip4/${home.router.outside}/tcp/`),
          isVerified: true,
        },
      })
      expect((await alice.api.call('invites.create', {})).worksOn).toBe('anywhere')
      const bob = await world.home({ router: 'symmetric' }).daemon({ name: 'Bob' })
      await befriend(alice, bob)
      const [peer] = (await alice.api.call('network.get', {})).peers
      expect(peer?.path).toBe('direct')
      await alice.api.call('network.change', { reach: 'network' })
      const closed = await until('the port is given back', async () => {
        const now = await alice.api.call('network.get', {})
        return now.portMapping.state === 'off' ? now : undefined
      })
      expect(closed.addresses.every((address) => !address.includes(`/ip4/${home.router.outside}/tcp`))).toBe(true)
      expect((await alice.api.call('network.test', {})).state).not.toBe('public')
    })

  test('[NET-11] [NET-15] an invite of a node that was for its computer alone works in the same home once it is not', async () => {
    await using world = openWorld()
    const home = world.home({ router: 'port-dependent' })
    const alice = await home.daemon({ name: 'Alice' })
    const bob = await home.machine().daemon({ name: 'Bob', others: ['--reach', 'network'] })
    const { link, worksOn } = await alice.api.call('invites.create', {})
    expect(worksOn).toBe('computer')
    const { id } = await bob.api.call('contacts.add', { link })
    const changed = await alice.api.call('network.change', { reach: 'network' })
    expect(changed).toMatchObject({ reach: 'network', isReachChosen: true, reachability: { state: 'network' } })
    const request = await until(
      'the request arrives',
      async () => (await alice.api.call('requests.list', {}))[0],
      90_000,
    )
    await alice.api.call('requests.accept', { id: request.id })
    await until('the acceptance arrives', async () =>
      (await bob.api.call('conversations.list', {})).some((each) => each.id === id && each.status === 'active'),
    )
    const [invite] = await alice.api.call('invites.list', {})
    expect(invite).toMatchObject({ worksOn: 'network' })
    expect(invite?.link).not.toBe(link)
  })
})
