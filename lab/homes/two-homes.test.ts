/** Two homes and a push node: what routers translate, and what gets through all the same. */
import { expect, test } from 'vitest'
import { befriend } from '../e2e/support/stage.ts'
import { describeHomes, openWorld } from './support/stage.ts'
import type { RouterKind } from './support/router.ts'

const LISTEN = ['--listen', '/ip4/0.0.0.0/tcp/4100']

describeHomes('two homes', () => {
  for (const kind of [
    'endpoint-independent',
    'address-dependent',
    'port-dependent',
    'symmetric',
  ] satisfies RouterKind[])
    test(`[NET-6] ${kind} routers on both sides: an invite link and a push node let two people meet and talk`, async () => {
      await using world = openWorld()
      const push = await world.pushNode()
      const flags = { bootstrap: push.address, others: LISTEN }
      const [alice, bob] = await Promise.all([
        world.home({ router: kind }).daemon({ name: 'Alice', ...flags }),
        world.home({ router: kind }).daemon({ name: 'Bob', ...flags }),
      ])
      const conversation = await befriend(alice, bob)
      await alice.api.send(conversation, 'Hello over there.')
      await bob.api.received(conversation, 'Hello over there.')
      expect(await bob.api.texts(conversation)).toContain('Hello over there.')
    })
})
