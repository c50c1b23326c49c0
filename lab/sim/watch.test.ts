/** The watch must see what it is there to see: each law, broken on purpose. */
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { encodeFrame } from '@parley/core'
import type { Message, MessageState } from '@parley/engine'
import { beforeEach, describe, expect, it } from 'vitest'
import { KeyWatch } from './key-watch.ts'
import { Disk, SimStore } from './store.ts'
import { Timeline } from './timeline.ts'
import { MARKER, Watch } from './watch.ts'

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
const messageIn = (state: MessageState): Message => ({
  id: `01${'0'.repeat(62)}`,
  conversation: '',
  sender: '',
  content: { type: 'text', text: 'hello' },
  sentAt: 0,
  state,
  parents: [],
  order: '',
  reactions: [],
  hasGapBefore: false,
  isClockSkewed: false,
})

describe('the watch', () => {
  let watch: Watch
  beforeEach(() => {
    watch = new Watch(new Timeline(), false)
  })

  it('sees plaintext in a frame, in a log message and in a field of the log', () => {
    watch.onSent('Alice', bytesOf('sealed'))
    watch.onLogged('Alice', 'info', 'all is well', { count: 1 })
    watch.check()
    watch.onSent('Alice', bytesOf(`x${MARKER} 1`))
    watch.onLogged('Alice', 'info', `a ${MARKER} 2`, {})
    watch.onLogged('Alice', 'info', 'a', { text: `${MARKER} 3` })
    expect(watch.breaches).toHaveLength(3)
    expect(() => watch.check()).toThrow('plaintext')
  })

  it('[ST-1] [ST-3] sees a state that goes back, and lets a retry begin anew', () => {
    const show = (...states: readonly MessageState[]) =>
      states.forEach((state) => watch.onShown('Alice', [messageIn(state)]))
    show('queued', 'sent', 'sent', 'delivered', 'read')
    expect(watch.breaches).toEqual([])
    show('delivered')
    expect(watch.breaches).toHaveLength(1)
    watch.onShown('Bob', [messageIn('queued')])
    watch.onShown('Bob', [messageIn('failed')])
    watch.onRetry('Bob', messageIn('failed').id)
    watch.onShown('Bob', [messageIn('queued')])
    expect(watch.breaches).toHaveLength(1)
  })

  it('does not mind an answer that comes behind newer events', () => {
    watch.onShown('Alice', [messageIn('sent')])
    const asked = watch.shown
    watch.onShown('Alice', [messageIn('read')])
    watch.onShown('Alice', [messageIn('sent')], asked)
    expect(watch.breaches).toEqual([])
  })
})

describe('the watch over keys', () => {
  it('[CNV-3] sees a key that encrypts two different things on their way, in whichever process', async () => {
    const keys = new KeyWatch()
    const crypto = await createNodeCrypto()
    const [before, after] = [keys.over(crypto), keys.over(crypto)]
    const [key, nonce, aad] = [new Uint8Array(32), new Uint8Array(12), new Uint8Array(0)]
    const seal = async (process: typeof before, text: string) => {
      const ciphertext = await process.mlsSuite.hpke.encryptAead(key, nonce, aad, bytesOf(text))
      // A sealed envelope, which ends in the tag of its ciphertext.
      return encodeFrame({ type: 'envelope', bytes: new Uint8Array([2, ...ciphertext]) })
    }
    const first = await seal(before, 'one')
    expect([keys.onFrame('bob', first), keys.onFrame('bob', first)]).toEqual([undefined, undefined])
    await seal(after, 'never leaves')
    expect(keys.onFrame('bob', await seal(after, 'two'))).toContain('two different messages')
  })

  it('sees an outer envelope under nobody’s key', () => {
    const envelope = new Uint8Array(512).fill(1)
    expect(new KeyWatch().onFrame('bob', encodeFrame({ type: 'envelope', bytes: envelope }))).toContain(
      'a key that its sender does not have',
    )
  })
})

describe('the disk', () => {
  const open = (disk: Disk) => {
    const events: string[] = []
    const store: SimStore = new SimStore(disk, disk.open(), {
      crashed: (isDurable) => {
        events.push(isDurable ? 'crashed after' : 'crashed before')
        store.kill()
      },
      diskFull: () => events.push('full'),
      wroteOutside: (sql) => events.push(`outside: ${sql}`),
    })
    return { store, events }
  }
  const insert = (store: SimStore) => store.transaction(() => store.run('INSERT INTO t VALUES (1)'))
  const rows = (disk: Disk) => disk.all('SELECT * FROM t').length

  it('[DLV-1] [DLV-12] dies before or after a commit, is full for a while, and tells of writes without one', () => {
    const disk = new Disk()
    const first = open(disk)
    first.store.run('CREATE TABLE t (x)')
    first.store.isOpening = false
    insert(first.store)
    disk.isFull = true
    expect(() => insert(first.store)).toThrow('the disk is full')
    disk.isFull = false
    first.store.run('INSERT INTO t VALUES (2)')
    expect([rows(disk), first.events]).toEqual([2, ['full', 'outside: INSERT INTO t VALUES (2)']])
    disk.commitsUntilCrash = 2
    insert(first.store)
    expect(() => insert(first.store)).toThrow('the process is gone')
    expect(() => first.store.all('SELECT 1')).toThrow('the process is gone')
    const second = open(disk)
    expect(rows(disk)).toBe(3)
    disk.commitsUntilCrash = 1
    disk.crashesAfterCommit = true
    expect(() => insert(second.store)).toThrow('the process is gone')
    open(disk)
    expect([rows(disk), second.events, first.events.at(-1)]).toEqual([4, ['crashed after'], 'crashed before'])
  })
})
