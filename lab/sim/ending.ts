/** After the storm: everybody agrees, everything is read, nothing moves any more, nothing is left behind. */
import { EPOCHS_RETAINED_MAX, INBOX_KEYS_MAX, REQUESTS_PENDING_MAX } from '@parley/core'
import { differences } from './converge.ts'
import type { Life } from './life.ts'
import { MARKER, Breach } from './watch.ts'
import type { World } from './world.ts'

const STEP_MS = 250
/** Backoff of a dial is a minute at most, and a few things have to follow one another. */
const CONVERGENCE_MS_MAX = 240_000
const READ_MS_MAX = 20_000
const RETRY_EVERY_MS = 5_000
/** Several round trips of the slowest network, and one more for what had to be sent in order. */
const LAST_WORDS_MS = 12_000
const SETTLE_MS = 4_000
const REST_MS = 60_000
const SILENCE_MS = 30_000

/** @returns how long it took, virtual milliseconds. @throws Breach when it takes too long. */
export async function converge(world: World, life: Life): Promise<number> {
  const startMs = world.timeline.nowMs
  for (;;) {
    const passedMs = world.timeline.nowMs - startMs
    if (passedMs % 1_000 === 0) await careForAll(world, life, passedMs % RETRY_EVERY_MS === 0)
    const found = await differences(world, life)
    if (found.length === 0) return passedMs
    if (passedMs >= CONVERGENCE_MS_MAX) {
      const all = await differences(world, life, true)
      throw new Breach(`no convergence after ${passedMs} ms:\n${all.join('\n')}`)
    }
    await world.run(STEP_MS)
  }
}

/** What people still do when everything works: answer requests, forgive, press retry. */
export async function careForAll(world: World, life: Life, retries: boolean): Promise<void> {
  for (const person of world.people) {
    await life.answerRequests(person)
    for (const { account, status } of (await person.do('conversations.list', {})) ?? []) {
      if (status === 'blocked') await person.do('blocks.remove', { account })
    }
    if (retries) await life.retryFailed(person)
  }
  await world.settle()
}

/** Everybody reads everything; every author hears of it. */
export async function readAll(world: World, life: Life): Promise<void> {
  const active = async () => {
    const lists = world.people.map(async (person) => {
      const conversations = (await person.do('conversations.list', {})) ?? []
      return conversations.filter(({ status }) => status === 'active').map(({ id, unread }) => ({ person, id, unread }))
    })
    return (await Promise.all(lists)).flat()
  }
  for (const { person, id } of await active()) await person.do('conversations.read', { conversation: id })
  const startMs = world.timeline.nowMs
  for (;;) {
    await world.run(STEP_MS)
    const unread: string[] = []
    for (const place of await active()) {
      if (place.unread > 0) unread.push(`${place.person.name} has ${place.unread} unread`)
      for (const { id, sender, state } of await life.look(place.person, place.id, 200)) {
        if (sender === place.person.account && state !== 'read')
          unread.push(`${place.person.name}'s ${id.slice(0, 8)} is ${state}`)
      }
    }
    unread.push(...(await differences(world, life)))
    if (unread.length === 0) return
    if (world.timeline.nowMs - startMs >= READ_MS_MAX)
      throw new Breach(`not read after ${READ_MS_MAX} ms:\n${unread.join('\n')}`)
  }
}

/** Everybody says one more thing to everybody, all at once: where all is well it arrives soon, and nothing is refused. */
export async function lastWords(world: World, life: Life): Promise<void> {
  // Damaged frames of the storm may still be on their way.
  await world.run(SETTLE_MS)
  const refusals = world.tally.of('frame: refuse')
  for (const person of world.people) {
    for (const { id, status } of (await person.do('conversations.list', {})) ?? []) {
      if (status === 'active') world.background(life.write(person, id))
    }
  }
  await world.settle()
  await world.run(LAST_WORDS_MS)
  const found = await differences(world, life, true)
  if (found.length > 0) throw new Breach(`the last words are not there after ${LAST_WORDS_MS} ms:\n${found.join('\n')}`)
  if (world.tally.of('frame: refuse') > refusals) throw new Breach('last words were refused')
}

/** Nobody does anything, so nothing is said; then all close their apps, and nothing remains but sealed data. */
export async function restInPeace(world: World): Promise<void> {
  await world.run(REST_MS)
  const sent = world.framesSent
  await world.run(SILENCE_MS)
  for (const person of world.people) await person.compareLive()
  for (const what of [...disagreements(world), ...overfull(world)]) world.watch.breach(what)
  world.watch.check()
  if (world.framesSent > sent) throw new Breach(`${world.framesSent - sent} frames in ${SILENCE_MS} ms of silence`)
  await world.stop()
  for (const person of world.people) {
    for (const bytes of person.disk.contents()) {
      if (bytes.includes(MARKER)) throw new Breach(`${person.name} keeps plaintext on disk`)
      world.watch.record(bytes)
    }
  }
}

/** Both ends of every conversation must have come to seal in the same epoch. CNV-6 */
function disagreements(world: World): readonly string[] {
  return world.people.flatMap((a, index) =>
    world.people.slice(index + 1).flatMap((b) => {
      const [ours, theirs] = [a.keys.lastKeyFor(b.peerId), b.keys.lastKeyFor(a.peerId)]
      return ours === theirs ? [] : [`${a.name} and ${b.name} seal in different epochs`]
    }),
  )
}

/** What a device keeps stays within its named limits. */
function overfull(world: World): readonly string[] {
  const limits: readonly (readonly [string, number, string])[] = [
    ['epochs of a conversation', EPOCHS_RETAINED_MAX + 1, 'SELECT count(*) AS n FROM epochs GROUP BY conversation'],
    ['requests', REQUESTS_PENDING_MAX, 'SELECT count(*) AS n FROM requests'],
    ['inbox keys', INBOX_KEYS_MAX, "SELECT count(*) AS n FROM secrets WHERE name LIKE 'inbox/%'"],
  ]
  return world.people.flatMap((person) =>
    limits.flatMap(([what, limit, sql]) => {
      const most = Math.max(0, ...person.disk.all(sql).map(({ n }) => Number(n)))
      return most > limit ? [`${person.name} keeps ${most} ${what}`] : []
    }),
  )
}
