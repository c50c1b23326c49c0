import { DAY_MS, EPOCH_RETENTION_MS, EPOCHS_RETAINED_MIN_DEPTH, tagOf, toHex } from '@parley/core'
import { describe, expect, test } from 'vitest'
import { befriend, createWorld, messages, send, states, texts, type Person, type World } from './world.ts'

const HOUR_MS = 3_600_000

async function createTalk() {
  const world = await createWorld()
  const alice = await world.open('Alice')
  const bob = await world.open('Bob')
  const conversation = await befriend(world, alice, bob)
  await world.pass(5_000)
  return { world, alice, bob, conversation }
}

/** What `thief` can read after hearing everything that `victim` heard from `sender`, in order. */
async function readWith(
  thief: Person,
  victim: Person,
  sender: Person,
  { world, conversation }: { readonly world: World; readonly conversation: string },
): Promise<readonly string[]> {
  for (const bytes of victim.wire.envelopes) {
    thief.wire.inject(sender.peerId, { type: 'envelope', bytes })
    await world.pass(1)
  }
  return texts(thief, conversation)
}

const epochs = (person: Person) => person.disk.store.all('SELECT id, committer, depth FROM epochs ORDER BY depth')
const head = (person: Person) => epochs(person).at(-1)?.['id']

describe('forward secrecy', () => {
  test('[KEY-7] what was read once cannot be opened again with anything that is on the disk', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    for (const text of ['one', 'two', 'three']) await send(bob, conversation, text)
    await world.pass(5_000)
    const thief = await world.steal(alice, bob)
    thief.disk.store.run('DELETE FROM entries')
    expect(await readWith(thief, alice, bob, { world, conversation })).toEqual([])
  })

  test('[KEY-7] a copy from before does open it: the check above can fail', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    const thief = await world.steal(alice, bob)
    for (const text of ['one', 'two']) await send(bob, conversation, text)
    await world.pass(5_000)
    expect(await readWith(thief, alice, bob, { world, conversation })).toEqual(['one', 'two'])
  })

  test('[CNV-8] keys of an epoch are gone once it is older than three days and sixteen epochs', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    const first = head(alice)
    for (let day = 0; day < EPOCHS_RETAINED_MIN_DEPTH; day++) {
      await send(day % 2 === 0 ? alice : bob, conversation, `day ${day}`)
      await world.pass(DAY_MS)
    }
    await send(bob, conversation, 'the end')
    await world.pass(10_000)
    for (const person of [alice, bob]) {
      expect(epochs(person).map(({ id }) => id)).not.toContain(first)
      expect(epochs(person).length).toBeLessThanOrEqual(EPOCHS_RETAINED_MIN_DEPTH + (EPOCH_RETENTION_MS / DAY_MS) * 2)
    }
    expect(await texts(bob, conversation)).toEqual(await texts(alice, conversation))
  })
})

describe('post-compromise security', () => {
  test('[CNV-9] a stolen copy of everything reads nothing that is sent after both renewed their keys', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await send(bob, conversation, 'before the theft')
    await world.pass(5_000)
    const thief = await world.steal(alice, bob)
    await send(bob, conversation, 'right after the theft')
    await world.pass(25 * HOUR_MS)
    await send(alice, conversation, 'Alice renews')
    await world.pass(1_000)
    await send(bob, conversation, 'Bob renews')
    await world.pass(1_000)
    await send(bob, conversation, 'secret again')
    await world.pass(5_000)
    const read = await readWith(thief, alice, bob, { world, conversation })
    expect(read).toContain('right after the theft')
    expect(read).not.toContain('secret again')
    expect(read).not.toContain('Bob renews')
    expect(await texts(alice, conversation)).toContain('secret again')
  })

  test('[CNV-9] each side renews its own keys once a day of use, whoever writes more', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    for (let hour = 0; hour < 96; hour += 4) {
      await send(alice, conversation, `hour ${hour}`)
      await world.pass(4 * HOUR_MS)
    }
    const commits = (person: Person) => epochs(alice).filter(({ committer }) => committer === person.account).length
    expect(commits(bob)).toBeGreaterThanOrEqual(3)
    expect(commits(alice)).toBeGreaterThanOrEqual(3)
    expect(epochs(alice).length).toBeLessThan(12)
    expect([head(alice), new Set(await states(alice, conversation))]).toEqual([head(bob), new Set(['delivered'])])
  })

  test('[CNV-6] [CNV-9] both renew at the same moment: every message opens, and both go on in the same epoch', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    for (let round = 0; round < 3; round++) {
      for (const person of [alice, bob]) person.wire.setOnline(false)
      await world.pass(25 * HOUR_MS)
      for (const person of [alice, bob])
        for (const part of [1, 2]) await send(person, conversation, `${person.name} ${round}.${part}`)
      expect(head(alice)).not.toBe(head(bob))
      for (const person of [alice, bob]) person.wire.setOnline(true)
      await world.pass(70_000)
      await send(alice, conversation, `settled ${round}`)
      await world.pass(5_000)
      await send(bob, conversation, `agreed ${round}`)
      await world.pass(5_000)
      expect(head(alice)).toBe(head(bob))
    }
    expect(await texts(bob, conversation)).toEqual(await texts(alice, conversation))
    expect((await texts(alice, conversation)).length).toBe(18)
    expect(new Set([...(await states(alice, conversation)), ...(await states(bob, conversation))])).toEqual(
      new Set(['delivered']),
    )
  })

  test('[CNV-9] a side that was away for a month finds its way through every renewal of the other', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await send(bob, conversation, 'see you')
    await world.pass(5_000)
    await bob.stop()
    for (let day = 0; day < 30; day++) {
      await send(alice, conversation, `day ${day}`)
      await world.pass(DAY_MS)
    }
    const back = await world.restart(bob)
    await send(back, conversation, 'I am back')
    await world.pass(90_000)
    expect(await texts(back, conversation)).toEqual(await texts(alice, conversation))
    expect((await texts(back, conversation)).length).toBe(32)
    expect(new Set(await states(alice, conversation))).toEqual(new Set(['delivered']))
    expect(await states(back, conversation)).toEqual(['delivered', 'delivered'])
  })
})

describe('what a wire shows', () => {
  test('[ENV-1] [ENV-2] [ENV-3] sizes from a short list, and nothing twice: no words, no names, no group', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    const before = bob.wire.envelopes.length
    for (const text of ['MARKER', 'MARKER '.repeat(200)]) await send(alice, conversation, text)
    await world.pass(7 * HOUR_MS)
    await send(alice, conversation, 'MARKER')
    await world.pass(1_000)
    const seen = bob.wire.envelopes.slice(before)
    const groupId = new Uint8Array(
      Buffer.from(String(alice.disk.store.all('SELECT group_id FROM epochs')[0]?.['group_id']), 'hex'),
    )
    for (const bytes of seen) {
      for (const secret of [Buffer.from('MARKER'), Buffer.from(groupId), Buffer.from(alice.account)]) {
        expect(Buffer.from(bytes).includes(secret)).toBe(false)
      }
    }
    expect(new Set(seen.map((bytes) => bytes.length)).size).toBeLessThanOrEqual(2)
    const tags = new Set(seen.map((bytes) => toHex(tagOf(bytes)?.tag ?? new Uint8Array(16))))
    expect(tags.size).toBe(new Set(seen.map(toHex)).size)
    expect((await messages(bob, conversation)).length).toBe(3)
  })

  test('[KEY-1] neither words nor names nor keys are readable in the log', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await send(alice, conversation, 'MARKER of words')
    await world.pass(5_000)
    const { phrase } = await alice.engine.call('me.recoveryPhrase', {})
    for (const { log } of [alice, bob]) {
      const all = JSON.stringify(log.entries)
      for (const secret of ['MARKER', phrase, alice.account, bob.account, conversation])
        expect(all.includes(secret)).toBe(false)
    }
  })

  test('[KEY-1] no words of any message are readable on the disk', async () => {
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await send(alice, conversation, 'MARKER of words')
    await bob.engine.call('conversations.setDraft', { conversation, text: 'MARKER of a draft' })
    await world.pass(5_000)
    for (const { disk } of [alice, bob]) {
      const tables = disk.store.all("SELECT name FROM sqlite_schema WHERE type = 'table'")
      for (const { name } of tables) {
        for (const row of disk.store.all(`SELECT * FROM ${String(name)}`)) {
          for (const value of Object.values(row)) {
            const bytes = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value))
            expect(bytes.includes('MARKER')).toBe(false)
          }
        }
      }
    }
  })
})
