import { createMemoryStore } from '@parley/adapter-memory'
import { encodePushLink } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { migrate } from '../store/schema.ts'
import { keptPushNodes, readPushNode, savePushNodes } from './push-nodes.ts'

const PEER = '12D3KooWBgsfD6JkfpBoeUcriTm9mwqUr6SU81SFfgMHzDuv4TG1'
const ADDRESS = `/ip4/203.0.113.1/tcp/4001/p2p/${PEER}`

describe('push nodes that were added', () => {
  it('[NET-16] are read from an address or a link, with white space around', () => {
    const node = { peerId: PEER, addresses: [ADDRESS] }
    expect(readPushNode(` ${ADDRESS}\n`)).toEqual(node)
    const link = encodePushLink(node)
    expect(link.ok && readPushNode(link.value)).toEqual(node)
    for (const text of ['', 'parley:push/', '/ip4/203.0.113.1/tcp/4001', `${ADDRESS}x`, `/p2p-circuit${ADDRESS}`])
      expect(readPushNode(text)).toBeUndefined()
    fc.assert(fc.property(fc.string(), (text) => void readPushNode(text)))
  })

  it('[NET-16] are kept with whose they were', () => {
    const store = createMemoryStore()
    migrate(store)
    expect(keptPushNodes(store)).toEqual([])
    const nodes = [
      { peerId: PEER, addresses: [ADDRESS] },
      { peerId: 'other', addresses: ['/a', '/b'], account: 'did:key:x' },
    ]
    savePushNodes(store, nodes)
    expect(keptPushNodes(store)).toEqual(nodes)
  })
})
