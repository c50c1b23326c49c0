import { describe, expect, it } from 'vitest'
import { openAccount, openNodeStore } from './node.ts'
import { temporaryFolder } from './testing.ts'

const quiet = { log() {} }

describe('a node whose network is not there yet', () => {
  it('[NODE-15] answers from its store, and an invite waits for the addresses that it names', async () => {
    using folder = temporaryFolder()
    const store = openNodeStore(folder.path, quiet)
    const begun = Promise.withResolvers<void>()
    const node = await openAccount(store, { data: folder.path, name: 'Alice', reach: 'computer' }, begun.promise)
    expect(await node.call('conversations.list', {})).toEqual([])
    expect(await node.call('network.get', {})).toMatchObject({ isListening: false, addresses: [] })
    const invite = node.call('invites.create', {})
    begun.resolve()
    const { link } = await invite
    const { addresses, isListening } = await node.call('network.get', {})
    expect([isListening, addresses.length > 0]).toEqual([true, true])
    expect(link).not.toBe('')
    await node[Symbol.asyncDispose]()
  })
})
