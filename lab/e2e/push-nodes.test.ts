import { expect, test } from 'vitest'
import { Stage } from './support/stage.ts'
import { until } from './support/until.ts'

test('[NET-16] push nodes are tried, added by hand, taken over from a friend and removed while nodes run', async () => {
  await using stage = new Stage()
  const push = await stage.pushNode()
  const [alice, bob] = await Promise.all([
    stage.daemon('alice', { name: 'Alice' }),
    stage.daemon('bob', { name: 'Bob' }),
  ])
  const peerId = push.address.slice(push.address.lastIndexOf('/') + 1)
  expect(await alice.api.call('pushNodes.test', { address: push.address })).toMatchObject({
    isReachable: true,
    offersRelay: true,
    offersMailbox: true,
  })
  await expect(alice.api.call('pushNodes.add', { address: 'push.example.org' })).rejects.toMatchObject({
    code: 'PUSH_NODE_MALFORMED',
  })
  await alice.api.call('pushNodes.add', { address: push.address })
  const relayed = await until('the push node holds a place', async () => {
    const network = await alice.api.call('network.get', {})
    return network.infrastructure.some(({ relay }) => relay === 'reserved') ? network : undefined
  })
  expect(relayed).toMatchObject({
    infrastructure: [{ peerId, source: 'added', isConnected: true }],
    reachability: { state: 'relayed', testedAt: expect.any(Number) },
  })

  const { link } = await alice.api.call('invites.create', {})
  expect(await bob.api.call('invites.preview', { link })).toMatchObject({
    account: alice.ready['account'],
    worksOn: 'computer',
    pushNodes: [push.address],
  })
  expect(await alice.api.call('invites.preview', { link })).toMatchObject({ problem: 'own' })
  await bob.api.call('contacts.add', { link, usePushNodes: true })
  const theirs = await until('Bob uses it too', async () => {
    const [node] = (await bob.api.call('network.get', {})).infrastructure
    return node?.isConnected === true ? node : undefined
  })
  expect(theirs).toMatchObject({ peerId, source: 'contact' })

  // It is kept: the node restarts with it.
  await bob.stop()
  await bob.start()
  expect((await bob.api.call('network.get', {})).infrastructure).toMatchObject([{ peerId, source: 'contact' }])
  const without = await bob.api.call('pushNodes.remove', { peerId })
  expect(without.infrastructure).toEqual([])
  expect(without.offeredPushNodes).toMatchObject([{ peerId, account: alice.ready['account'] }])
  await expect(bob.api.call('pushNodes.remove', { peerId })).rejects.toMatchObject({ code: 'PUSH_NODE_NOT_FOUND' })
})

test('[NET-16] [NET-11] what was set at the start is not changed from the page', async () => {
  await using stage = new Stage()
  const push = await stage.pushNode()
  const alice = await stage.daemon('alice', { bootstrap: push.address, others: ['--listen', '/ip4/127.0.0.1/tcp/0'] })
  const peerId = push.address.slice(push.address.lastIndexOf('/') + 1)
  await expect(alice.api.call('pushNodes.remove', { peerId })).rejects.toMatchObject({ code: 'PUSH_NODE_CONFIGURED' })
  await expect(alice.api.call('network.change', { reach: 'network' })).rejects.toMatchObject({ code: 'REACH_FIXED' })
  expect(await alice.api.call('network.get', {})).toMatchObject({
    reach: 'computer',
    isReachFixed: true,
    infrastructure: [{ peerId, source: 'config' }],
  })
})

test('[NET-11] an invite that is out already leads to addresses that came later, also while its maker is away', async () => {
  await using stage = new Stage()
  const [first, second] = await Promise.all([stage.pushNode('push-1'), stage.pushNode('push-2')])
  const alice = await stage.daemon('alice', { name: 'Alice', bootstrap: first.address })
  const bob = await stage.daemon('bob', { name: 'Bob' })
  const peerOf = ({ address }: { readonly address: string }) => address.slice(address.lastIndexOf('/') + 1)
  await until('the first push node holds a place', async () =>
    (await alice.api.call('network.get', {})).infrastructure.some(({ relay }) => relay === 'reserved'),
  )
  const { id, link } = await alice.api.call('invites.create', {})
  expect((await bob.api.call('invites.preview', { link })).pushNodes).toEqual([first.address])
  await until('what the invite leads to is there', async () => (await first.figure('held_blocks')) > 0)
  await alice.api.call('pushNodes.add', { address: second.address })
  const newer = await until('the link that is shown names both', async () => {
    const invite = (await alice.api.call('invites.list', {})).find((each) => each.id === id)
    const preview = await bob.api.call('invites.preview', { link: invite?.link ?? '' })
    return preview.pushNodes.includes(second.address) ? preview : undefined
  })
  expect(newer.pushNodes).toContain(first.address)
  await until(
    'what the invite leads to is at the second push node too',
    // Pointers follow the blocks that they name, at all push nodes at once.
    async () => (await second.figure('held_pointers')) > 0,
  )
  await alice.stop()
  await bob.api.call('contacts.add', { link })
  await until(
    'Bob learns of the second push node by the old link',
    async () =>
      (await bob.api.call('network.get', {})).offeredPushNodes.some(({ peerId }) => peerId === peerOf(second)),
    30_000,
  )
})
