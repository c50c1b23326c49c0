/** A connection whose path stopped carrying anything, with nothing that says so. */
import { never } from '@parley/engine/contract'
import { expect, it } from 'vitest'
import { startPath } from './testing/frozen-path.ts'
import { Cleanup } from './testing/networks.ts'

it('[NET-33] a link ends when its peer is said to be silent, and is; one that answers stays', async () => {
  await using cleanup = new Cleanup()
  const [alice, bob] = [await cleanup.join(), await cleanup.join()]
  const [address = ''] = bob.network.addresses()
  const port = Number(address.split('/')[4])
  const path = await startPath(port)
  cleanup.add(() => path.close())
  await alice.network.connect(bob.id, [address.replace(`/tcp/${port}/`, `/tcp/${path.port}/`)], never())
  const link = await alice.opened(1)
  await bob.opened(1)
  alice.network.check(bob.id)
  alice.network.check('nobody')
  await Promise.all([alice.sendAll([1_000]), bob.receiveAll([1_000])])
  path.freeze()
  alice.network.check(bob.id)
  expect(await link.closed).toBe('transport')
})
