import type { Conversation } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { headerLineOf } from './conversation-header-model.ts'

const now = Date.UTC(2026, 4, 12, 12)
const account = 'did:key:ada'
const head: Pick<Conversation, 'account' | 'status' | 'typing' | 'isConnected' | 'lastHeardAt' | 'presence'> = {
  account,
  status: 'active',
  typing: [],
  isConnected: false,
  lastHeardAt: now - 3_600_000,
  presence: { status: 'hidden' },
}
const peer = { account, name: 'Ada', peerId: 'x', connectedAt: 0 }
const around = { link: 'open', network: undefined, now } as const

describe('the line under a name', () => {
  it('says how they are connected when they do not say whether they are there', () => {
    const direct = { ...around, network: { peers: [{ ...peer, path: 'direct' as const }] } }
    const relayed = { ...around, network: { peers: [{ ...peer, path: 'relayed' as const }] } }
    expect(headerLineOf(head, around).status).toMatch(/^Last heard 1/u)
    expect(headerLineOf({ ...head, isConnected: true }, around).status).toBe('Connected')
    expect(headerLineOf({ ...head, isConnected: true }, direct).status).toBe('Connected directly')
    expect(headerLineOf({ ...head, isConnected: true }, relayed).status).toBe('Connected through a relay')
  })

  it('says first whether they are there when they do', () => {
    const online: typeof head = { ...head, isConnected: true, presence: { status: 'online' } }
    expect(headerLineOf(online, around)).toEqual({ status: 'Online', path: 'Connected', isTyping: false })
    const gone: typeof head = { ...head, presence: { status: 'offline', seenAt: now - 600_000 } }
    expect(headerLineOf(gone, around).status).toMatch(/^Last seen 10/u)
    expect(headerLineOf({ ...head, presence: { status: 'offline' } }, around).status).toMatch(/^Last heard/u)
  })

  it('prefers typing; a block, an open question and a lost node come before everything', () => {
    const typing: typeof head = { ...head, typing: [account], isConnected: true, presence: { status: 'online' } }
    expect(headerLineOf(typing, around)).toEqual({ status: 'typing…', isTyping: true })
    expect(headerLineOf({ ...typing, status: 'blocked' }, around).status).toBe('Blocked')
    expect(headerLineOf({ ...typing, status: 'invited' }, around).status).toBe('Invited')
    expect(headerLineOf({ ...typing, typing: [] }, { ...around, link: 'lost' }).status).toBe('Not connected')
  })
})
