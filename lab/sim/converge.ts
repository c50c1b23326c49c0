/** When everything is whole again, both sides of every conversation must come to see the same, and nothing may be left to do. */
import type { Message } from '@parley/engine'
import { pairName, type Life } from './life.ts'
import type { Person } from './person.ts'
import type { World } from './world.ts'

const PAGE_LIMIT = 200
const SETTLED: readonly string[] = ['delivered', 'read']

/** Why the world has not converged yet; empty when it has. */
export async function differences(world: World, life: Life, isComplete = false): Promise<readonly string[]> {
  const found: string[] = life.meetings > 0 ? ['somebody still has to follow an invite'] : []
  for (const a of world.people) {
    if (a.engine === undefined) found.push(`${a.name} is not running`)
    found.push(...leftovers(a, world.board.isApart))
  }
  // Pages are dear: they are compared when nothing else is left, or when the whole list is wanted.
  if (found.length > 0 && !isComplete) return found
  for (const [index, a] of world.people.entries()) {
    for (const b of world.people.slice(index + 1)) found.push(...(await differencesOfPair(world, life, a, b)))
  }
  return found
}

async function differencesOfPair(world: World, life: Life, a: Person, b: Person): Promise<readonly string[]> {
  const ours = await conversationOf(a, b)
  const theirs = await conversationOf(b, a)
  const names = `${a.name} and ${b.name}`
  if (ours === undefined && theirs === undefined) return []
  if (life.apart.has(pairName(a, b))) return []
  if (ours?.status !== 'active' || theirs?.status !== 'active') {
    return [`${names} are not in contact: ${ours?.status ?? 'unknown'}, ${theirs?.status ?? 'unknown'}`]
  }
  const found: string[] = []
  if (!world.board.isApart && (!ours.isConnected || !theirs.isConnected)) found.push(`${names} are not connected`)
  const left = await life.look(a, ours.id, PAGE_LIMIT)
  const right = await life.look(b, ours.id, PAGE_LIMIT)
  if (left.length !== right.length) found.push(`${names} see ${left.length} and ${right.length} messages`)
  const index = left.findIndex((message, at) => unlike(message, right[at]).length > 0)
  const first = left[index]
  if (first !== undefined) {
    found.push(`${names} differ from message ${index} on:`, ...unlike(first, right[index]).map((line) => `  ${line}`))
  }
  found.push(...unsettled(a, left), ...unsettled(b, right), ...acausal(left))
  return found
}

async function conversationOf(person: Person, other: Person) {
  const conversations = (await person.do('conversations.list', {})) ?? []
  return conversations.find(({ account }) => account === other.account)
}

/** Everything that both sides must agree on. */
const FACE = [
  'id',
  'sender',
  'content',
  'sentAt',
  'parents',
  'order',
  'reactions',
  'hasGapBefore',
  'editedAt',
  'replyTo',
] as const

function unlike(left: Message, right: Message | undefined): readonly string[] {
  const spell = (message: Message | undefined, key: (typeof FACE)[number]) => JSON.stringify(message?.[key])
  return FACE.filter((key) => spell(left, key) !== spell(right, key)).map(
    (key) => `${key}: ${spell(left, key)} / ${spell(right, key)}`,
  )
}

const unsettled = (person: Person, messages: readonly Message[]): readonly string[] =>
  messages
    .filter(({ sender, state }) => sender === person.account && !SETTLED.includes(state))
    .map(({ id, state, failure }) => `${person.name}'s message ${id.slice(0, 8)} is ${state} ${failure ?? ''}`)

function acausal(messages: readonly Message[]): readonly string[] {
  const places = new Map(messages.map(({ id }, index) => [id, index]))
  return messages.flatMap(({ id, parents }, index) =>
    parents.some((parent) => (places.get(parent) ?? -1) > index)
      ? [`${id.slice(0, 8)} is shown before what it builds on`]
      : [],
  )
}

/** Receipts wait for the next deposit, and answers until they are overwritten: nobody answers them. OFF-2, OFF-7 */
const PATIENT = "('status', 'acknowledgement')"

/**
 * Work that is still to be done, by the database's own account. `isApart`: nobody is ever connected, so what waits for a
 * connection waits for ever.
 */
export function leftovers(person: Person, isApart = false): readonly string[] {
  const blocked = '(SELECT peer_id FROM devices JOIN blocks USING (account))'
  const urgent = isApart ? `kind NOT IN ${PATIENT}` : 'TRUE'
  const active = "(SELECT conversation FROM contacts WHERE status = 'active')"
  const counts = {
    'outbox rows': `SELECT count(*) AS n, group_concat(kind || ' ' || coalesce(deposit, 'here')) AS list FROM outbox
      WHERE peer_id NOT IN ${blocked} AND ${urgent}`,
    deposits: `SELECT count(*) AS n FROM deposits WHERE state = 'placed' AND chain NOT LIKE 'invite/%'
      AND peer_id NOT IN ${blocked} AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.deposit = deposits.id AND NOT ${urgent})`,
    gaps: 'SELECT count(*) AS n FROM gaps',
    'receipts owed': 'SELECT count(*) AS n FROM entries WHERE owed > 0',
    'contents not delivered': `SELECT count(*) AS n FROM entries WHERE state IN (0, 1, 2, 5) AND conversation IN ${active}`,
  }
  return Object.entries(counts).flatMap(([what, sql]) => {
    const [row] = person.disk.all(sql)
    const count = Number(row?.['n'])
    const list = typeof row?.['list'] === 'string' ? `: ${row['list']}` : ''
    return count > 0 ? [`${person.name} has ${count} ${what}${list}`] : []
  })
}
