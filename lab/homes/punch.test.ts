/** What gets between two routers, and what stays with the push node. */
import { expect, test } from 'vitest'
import { meet, peerOf, untilDirect } from './support/meeting.ts'
import { describeHomes, openWorld } from './support/stage.ts'
import type { RouterKind } from './support/router.ts'

const DIRECT: readonly (readonly [RouterKind, RouterKind])[] = [
  ['endpoint-independent', 'endpoint-independent'],
  ['endpoint-independent', 'address-dependent'],
  ['address-dependent', 'port-dependent'],
  ['port-dependent', 'port-dependent'],
  ['symmetric', 'endpoint-independent'],
]
const MESSAGES = 50

describeHomes('between two routers', () => {
  for (const [one, other] of DIRECT)
    test(`[NET-20] [LINK-10] ${one} and ${other}: off the push node, with every message once and in order`, async () => {
      await using world = openWorld()
      const meeting = await meet(world, { router: one }, { router: other })
      const { alice, bob, conversation, push } = meeting
      const direct = untilDirect(meeting)
      for (let at = 0; at < MESSAGES; at++) await alice.api.send(conversation, `message ${at}`)
      await direct
      await bob.api.received(conversation, `message ${MESSAGES - 1}`)
      const texts = (await bob.api.texts(conversation)).filter((text) => text.startsWith('message '))
      expect(texts).toEqual(Array.from({ length: MESSAGES }, (_, at) => `message ${at}`))
      expect(await push.figure('stun_requests_total{outcome="answered"}')).toBeGreaterThanOrEqual(2)
    })

  test('[NET-20] [NET-24] symmetric and symmetric: stays with the push node, says so, and delivers', async () => {
    await using world = openWorld()
    const { alice, bob, conversation } = await meet(world, { router: 'symmetric' }, { router: 'symmetric' })
    await Promise.all(
      [alice, bob].map((each) => peerOf(each, 'without a path', (peer) => peer.relayReason === 'no-path')),
    )
    await alice.api.send(conversation, 'Through the push node.')
    await bob.api.received(conversation, 'Through the push node.')
    expect((await bob.api.call('network.get', {})).peers).toMatchObject([{ path: 'relayed', relayReason: 'no-path' }])
  })
})
