/** A device whose old connection to its push node died without a word, as after a new address at its router. */
import { randomBytes } from 'node:crypto'
import { never } from '@parley/engine/contract'
import { expect, it } from 'vitest'
import { createPushHost } from './push-host.ts'
import { startPath } from './testing/frozen-path.ts'
import { Cleanup, LOOPBACK, silentLog } from './testing/networks.ts'

it('[PUSH-30] is reached by its new connection while the old one counts as open, and the old one is dropped', async () => {
  await using cleanup = new Cleanup()
  const push = await createPushHost({ seed: randomBytes(32), listen: [LOOPBACK], bootstrap: [], log: silentLog })
  cleanup.add(() => push.stop())
  const [address = ''] = push.addresses()
  const [, , , , port = ''] = address.split('/')
  const path = await startPath(Number(port))
  cleanup.add(() => path.close())
  const throughPath = address.replace(`/tcp/${port}/`, `/tcp/${path.port}/`)
  const deviceSeed = randomBytes(32)
  const before = await cleanup.join({ listen: [], bootstrap: [throughPath], deviceSeed })
  await before.until(() => before.network.addresses().length > 0)
  path.freeze()
  const after = await cleanup.join({ listen: [], bootstrap: [address], deviceSeed })
  await after.until(() => after.network.addresses().length > 0)
  const alice = await cleanup.join()
  await alice.network.connect(after.id, [`${address}/p2p-circuit/p2p/${after.id}`], never())
  await after.opened(1)
  expect(alice.link.isRelayed).toBe(true)
  await path.ended
  expect(push.figures().connectionsInbound).toBe(2)
})
