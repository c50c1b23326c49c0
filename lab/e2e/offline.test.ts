/** Real processes that are never there together: everything passes through push nodes and DHT peers. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BUCKET, KEY, startS3 } from '@parley/adapter-storage-s3/testing'
import { expect, onTestFinished, test } from 'vitest'
import type { Daemon } from './support/daemon.ts'
import { befriend, Stage } from './support/stage.ts'
import { pause, until } from './support/until.ts'

const MANY = 1_000

async function sendMany(author: Daemon, conversation: string, count: number): Promise<readonly string[]> {
  const texts = Array.from({ length: count }, (_, index) => `message ${index}`)
  for (let start = 0; start < count; start += 100) {
    await Promise.all(texts.slice(start, start + 100).map((text) => author.api.send(conversation, text)))
  }
  return texts
}

const allStored = (author: Daemon, conversation: string): Promise<boolean> =>
  until(
    'others hold everything',
    async () => (await author.api.history(conversation)).every(({ state }) => state === 'stored'),
    30_000,
  )

const allArrive = (reader: Daemon, conversation: string, texts: readonly string[]): Promise<boolean> =>
  until(`all ${texts.length} arrive`, async () => (await reader.api.texts(conversation)).length >= texts.length, 30_000)

/** Envelopes of a node that nobody else has yet, answers among them. */
function leftWithNobody({ data }: Daemon): number {
  const database = new DatabaseSync(join(data, 'node.db'), { readOnly: true })
  try {
    return Number(database.prepare('SELECT count(*) AS n FROM outbox WHERE deposit IS NULL').get()?.['n'])
  } finally {
    database.close()
  }
}

test('[OFF-4] [OFF-5] a thousand messages of somebody who is gone for good, in order', async () => {
  await using stage = new Stage()
  const { address } = await stage.pushNode()
  const { alice, bob, conversation } = await stage.friends({ bootstrap: address })
  await bob.stop()
  const texts = await sendMany(alice, conversation, MANY)
  await allStored(alice, conversation)
  await alice.stop()
  const startedMs = performance.now()
  await bob.start()
  const readyMs = performance.now() - startedMs
  await allArrive(bob, conversation, texts)
  process.stderr.write(`ready ${readyMs.toFixed(0)} ms, all there ${(performance.now() - startedMs).toFixed(0)} ms\n`)
  expect(await bob.api.texts(conversation)).toEqual(texts)
})

test('[OFF-3] one of two push nodes dies for good after it took them', async () => {
  await using stage = new Stage()
  const [first, second] = [await stage.pushNode('first'), await stage.pushNode('second')]
  const { alice, bob, conversation } = await stage.friends({
    bootstrap: first.address,
    others: ['--bootstrap', second.address],
  })
  await bob.stop()
  const texts = await sendMany(alice, conversation, 200)
  await until('two copies of each', async () =>
    (await alice.api.history(conversation)).every(({ copies }) => copies?.held === 2 && copies.wanted === 2),
  )
  await alice.stop()
  await first.child.kill9()
  await bob.start()
  await allArrive(bob, conversation, texts)
  expect(await bob.api.texts(conversation)).toEqual(texts)
})

test('[OFF-3] all push nodes are dead, and the author is back', async () => {
  await using stage = new Stage()
  const { child, address } = await stage.pushNode()
  const { alice, bob, conversation } = await stage.friends({ bootstrap: address })
  await bob.stop()
  const texts = await sendMany(alice, conversation, 200)
  await allStored(alice, conversation)
  await alice.stop()
  await child.kill9()
  await bob.start()
  await alice.start()
  await allArrive(bob, conversation, texts)
  expect(await bob.api.texts(conversation)).toEqual(texts)
  await until('all are delivered', async () =>
    (await alice.api.history(conversation)).every(({ state }) => state === 'delivered'),
  )
})

test('[OFF-4] [OFF-5] the reader finds through the DHT what was left where it has no push node', async () => {
  await using stage = new Stage()
  const hers = await stage.pushNode('hers')
  const peers = await Promise.all(
    ['peer 1', 'peer 2', 'peer 3'].map((name) =>
      stage.pushNode(name, ['--bootstrap', hers.address, '--storage-mib', '0']),
    ),
  )
  const his = await stage.pushNode('his', ['--bootstrap', hers.address])
  const alice = await stage.daemon('alice', { name: 'Alice', bootstrap: hers.address })
  const bob = await stage.daemon('bob', { name: 'Bob', bootstrap: his.address })
  const conversation = await befriend(alice, bob)
  await bob.stop()
  await his.child.stop()
  const texts = await sendMany(alice, conversation, 20)
  await allStored(alice, conversation)
  await until('a DHT peer has a pointer', async () => {
    const pointers = await Promise.all(peers.map((peer) => peer.figure('held_pointers')))
    return pointers.some((count) => count > 0)
  })
  await alice.stop()
  const port = /\/tcp\/(\d+)/.exec(his.address)?.[1] ?? ''
  await stage.pushNode('his', ['--bootstrap', hers.address, '--listen', `/ip4/127.0.0.1/tcp/${port}`])
  await bob.start()
  await allArrive(bob, conversation, texts)
  expect(await bob.api.texts(conversation)).toEqual(texts)
})

test('[OFF-13] a request to somebody who was never met, an answer to somebody who is gone', async () => {
  await using stage = new Stage()
  const push = await stage.pushNode('push-node', ['--work-bits', '12'])
  const { address } = push
  const alice = await stage.daemon('alice', { name: 'Alice', bootstrap: address })
  const bob = await stage.daemon('bob', { name: 'Bob', bootstrap: address })
  const { link } = await alice.api.call('invites.create', {})
  await until('the bundle is published', async () => (await push.figure('held_pointers')) > 0)
  await alice.stop()
  const { id } = await bob.api.call('contacts.add', { link, text: 'Hello' })
  await until('the request is left', async () => {
    const { waiting } = await bob.api.call('network.get', {})
    return waiting.some(({ onlyHere, envelopes }) => envelopes > 0 && onlyHere === 0)
  })
  await bob.stop()
  await alice.start()
  const request = await until('the request is found', async () => (await alice.api.call('requests.list', {}))[0])
  expect(request.text).toBe('Hello')
  await alice.api.call('requests.accept', { id: request.id })
  await alice.api.send(id, 'Welcome')
  await allStored(alice, id)
  await alice.stop()
  await bob.start()
  await until('the answer is found', async () => (await bob.api.texts(id)).join() === 'Hello,Welcome', 30_000)
})

test('[OFF-15] [HLD-7] sender, push node and reader are each killed in the middle of it', async () => {
  await using stage = new Stage()
  let push = await stage.pushNode()
  const port = /\/tcp\/(\d+)/.exec(push.address)?.[1] ?? ''
  const { alice, bob, conversation } = await stage.friends({ bootstrap: push.address })
  await bob.stop()
  const texts: string[] = []
  for (const round of ['sender', 'push node', 'nobody']) {
    const { length } = texts
    texts.push(...Array.from({ length: 100 }, (_, index) => `message ${length + index}`))
    await Promise.all(texts.slice(length).map((text) => alice.api.send(conversation, text)))
    if (round === 'sender') {
      // While it waits to be left, and while it is.
      await pause(400)
      await alice.kill9()
      await alice.start()
    }
    if (round === 'push node') {
      await pause(600)
      await push.child.kill9()
      push = await stage.pushNode('push-node', ['--listen', `/ip4/127.0.0.1/tcp/${port}`])
    }
  }
  await allStored(alice, conversation)
  await alice.stop()
  for (const lifeMs of [100, 300, 600]) {
    await bob.start()
    await pause(lifeMs)
    await bob.kill9()
  }
  await bob.start()
  await allArrive(bob, conversation, texts)
  expect(await bob.api.texts(conversation)).toEqual(texts)
  await until('his answers are left', () => leftWithNobody(bob) === 0)
  await bob.stop()
  await alice.start()
  await until(
    'she learns of it from what he left',
    async () => (await alice.api.history(conversation)).every(({ state }) => state === 'delivered'),
    30_000,
  )
})

test('[OFF-3] [BLK-3] what nobody but the own bucket keeps is fetched from there, from named places alone', async () => {
  await using stage = new Stage()
  const { endpoint, dispose } = await startS3()
  onTestFinished(dispose)
  const push = await stage.pushNode('push-node', ['--storage-mib', '1'])
  const storageFile = join(stage.folder, 'bucket.json')
  writeFileSync(storageFile, JSON.stringify({ endpoint, region: 'us-east-1', bucket: BUCKET, ...KEY }), { mode: 0o600 })
  const alice = await stage.daemon('alice', {
    name: 'Alice',
    bootstrap: push.address,
    others: ['--storage', 's3', '--storage-file', storageFile],
  })
  const bob = await stage.daemon('bob', {
    name: 'Bob',
    bootstrap: push.address,
    others: ['--fetch-from', endpoint],
  })
  const conversation = await befriend(alice, bob)
  await bob.stop()
  // More than the push node has room for: it takes the pointers, and the bucket has the blocks.
  const texts = Array.from({ length: 24 }, (_, index) => `${index} ${'語'.repeat(19_990)}`)
  await Promise.all(texts.map((text) => alice.api.send(conversation, text)))
  await allStored(alice, conversation)
  await alice.stop()
  expect(await push.figure('held_blocks')).toBeLessThan(texts.length)
  await bob.start()
  await allArrive(bob, conversation, texts)
  expect(await bob.api.texts(conversation)).toEqual(texts)
})
