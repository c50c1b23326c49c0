import { mailboxContract, networkContract, never, profilePushContract } from '@parley/engine/contract'
import type { MailboxWorld } from '@parley/engine/contract'
import type { ClockPort } from '@parley/engine'
import { describe, expect, it } from 'vitest'
import { createTestClock } from './clock.ts'
import { MEMORY_SILENT_ADDRESS, createMemoryNetworkHub } from './network.ts'

/** Runs by itself, so that the suite can simply await. */
const runningClock: ClockPort = {
  now: () => 0,
  after: (delayMs, fire) => {
    const timer = setTimeout(fire, delayMs)
    return () => clearTimeout(timer)
  },
}

let peers = 0
const peerName = (): string => `peer-${String(peers++).padStart(4, '0')}`

networkContract('the memory network', async () => {
  const hub = createMemoryNetworkHub({ clock: runningClock, latencyMs: 0 })
  return {
    createNetwork: async () => hub.createNetwork(peerName()),
    strangerId: async () => peerName(),
    silentAddress: async () => MEMORY_SILENT_ADDRESS,
    createRogue: async (target) => hub.createRogue(target.peerId),
    dispose: async () => undefined,
  }
})

async function createMailboxWorld(): Promise<MailboxWorld> {
  const hub = createMemoryNetworkHub({ clock: runningClock, latencyMs: 0 })
  return {
    createNetwork: async (pushNodes) => hub.createNetwork(peerName(), { pushNodes }),
    createHolder: async (server) => {
      const peerId = peerName()
      const address = hub.serveMailbox(peerId, server)
      return {
        peerId,
        address,
        stop: async () => hub.endMailbox(peerId),
        restart: async () => void hub.serveMailbox(peerId, server),
      }
    },
    dispose: async () => undefined,
  }
}

mailboxContract('the memory network', createMailboxWorld)
profilePushContract('the memory network', createMailboxWorld)

describe('the memory network', () => {
  it('does nothing unless the clock moves, and then the same every time', async () => {
    const run = async (): Promise<readonly string[]> => {
      const clock = createTestClock(0)
      const hub = createMemoryNetworkHub({ clock, latencyMs: 20 })
      const [alice, bob] = [hub.createNetwork('alice'), hub.createNetwork('bob')]
      const seen: string[] = []
      const note = (text: string): void => void seen.push(`${clock.now()} ${text}`)
      const handlers = (name: string) => ({
        onStatus: () => undefined,
        onNetworkChanged: () => undefined,
        onWake: () => undefined,
        onPushNodes: () => undefined,
        onProfile: () => undefined,
        onLink: (link: Parameters<Parameters<typeof alice.start>[0]['onLink']>[0]) => {
          note(`${name} links ${link.peerId}`)
          link.send(Uint8Array.of(1, 2, 3))
          link.listen({
            onFrame: (frame) => note(`${name} gets ${frame.length}`),
            onDrain: () => undefined,
            onClose: (reason) => note(`${name} closed ${reason}`),
          })
        },
      })
      await alice.start(handlers('alice'))
      await bob.start(handlers('bob'))
      const connected = alice.connect('bob', [], never())
      await clock.run(39)
      expect(seen).toEqual([])
      await clock.run(100)
      await connected
      await alice.stop()
      await clock.run(100)
      return seen
    }
    const first = await run()
    expect(first).toEqual([
      '40 alice links bob',
      '40 bob links alice',
      '60 bob gets 3',
      '60 alice gets 3',
      '139 alice closed local',
      '159 bob closed remote',
    ])
    expect(await run()).toEqual(first)
  })
})
