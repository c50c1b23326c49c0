/**
 * One fixed life of two people, step by step, each of which must have come to its end when the next one begins. Told
 * again and again with a single fault at every place where one can be.
 */
import { differences } from './converge.ts'
import { createDice } from './dice.ts'
import { Life } from './life.ts'
import type { Person } from './person.ts'
import { Breach } from './watch.ts'
import type { World } from './world.ts'

const HOUR_MS = 3_600_000
const RETRY_MS = 500
/** A restart, a dial and everything that follows. */
const ATTEMPTS_MAX = 40

export interface Teller {
  readonly world: World
  readonly alice: Person
  readonly bob: Person
  readonly life: Life
}

interface Step {
  readonly name: string
  tell(teller: Teller): Promise<void>
}

/** Does it until it worked: the app may just have crashed. */
export async function insist<T>(world: World, act: () => Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const result = await act()
    if (result !== undefined) return result
    await world.run(RETRY_MS)
  }
  throw new Breach('what a person wanted to do could not be done')
}

async function conversationOf({ world, alice }: Teller): Promise<string> {
  const [first] = await insist(world, () => alice.do('conversations.list', {}))
  if (first === undefined) throw new Breach('there is no conversation')
  return first.id
}

/** `count` texts in one moment. */
const write = (from: 'alice' | 'bob', count: number): Step => ({
  name: `${from} writes ${count}`,
  async tell(teller) {
    const conversation = await conversationOf(teller)
    const texts = Array.from({ length: count }, () => teller.life.write(teller[from], conversation))
    await Promise.all(texts)
  },
})

/** Something about the newest message. */
const about = (
  name: string,
  act: (
    person: Person,
    target: { readonly conversation: string; readonly message: string },
    life: Life,
  ) => Promise<unknown>,
): Step => ({
  name,
  async tell(teller) {
    const conversation = await conversationOf(teller)
    const newest = (await teller.life.look(teller.alice, conversation)).findLast(
      ({ sender }) => sender === teller.alice.account,
    )
    if (newest !== undefined) await act(teller.alice, { conversation, message: newest.id }, teller.life)
  },
})

export const steps: readonly Step[] = [
  {
    name: 'bob follows an invite',
    async tell({ world, alice, bob, life }) {
      const { link } = await insist(world, () => alice.do('invites.create', {}))
      await insist(world, () => bob.do('contacts.add', { link, text: life.text() }))
    },
  },
  {
    name: 'alice accepts',
    async tell({ world, alice, life }) {
      await insist(world, async () => {
        await life.answerRequests(alice)
        const conversations = await alice.do('conversations.list', {})
        return conversations?.find(({ status }) => status === 'active')
      })
    },
  },
  write('alice', 1),
  write('bob', 3),
  about('alice edits', (person, target, life) => person.do('messages.edit', { ...target, text: life.text() })),
  about('alice reacts', (person, target) => person.do('messages.react', { ...target, emoji: '👍', isOn: true })),
  about('alice deletes', (person, target) => person.do('messages.delete', target)),
  {
    name: 'bob reads while alice types',
    async tell(teller) {
      const conversation = await conversationOf(teller)
      await teller.bob.do('conversations.read', { conversation })
      await teller.alice.do('conversations.typing', { conversation })
    },
  },
  {
    name: 'a day later both write at once',
    async tell(teller) {
      await teller.world.run(25 * HOUR_MS)
      const conversation = await conversationOf(teller)
      await Promise.all([teller.life.write(teller.alice, conversation), teller.life.write(teller.bob, conversation)])
    },
  },
  write('alice', 2),
]

export interface Telling {
  /** Virtual time after which a step must have come to its end. */
  readonly patienceMs: number
  /** Called when the two are there and before anything is said. */
  readonly prepared?: (teller: Teller) => void
}

/** Tells the whole story. @throws Breach when a step is not over in time, or a law is broken. */
export async function tell(world: World, { patienceMs, prepared }: Telling): Promise<void> {
  const [alice, bob] = world.people
  if (alice === undefined || bob === undefined) throw new Breach('a story needs two')
  const teller = { world, alice, bob, life: new Life(world, createDice(world.seed, 'life')) }
  alice.open()
  bob.open()
  await world.run(100)
  prepared?.(teller)
  for (const [index, step] of steps.entries()) {
    world.watch.trace(`STEP ${step.name}`)
    await step.tell(teller)
    await world.run(patienceMs)
    // Before anybody has accepted there is nothing yet to agree on.
    const found = index === 0 ? await missingRequest(teller) : await differences(world, teller.life, true)
    if (found.length > 0) throw new Breach(`"${step.name}" is not over after ${patienceMs} ms:\n${found.join('\n')}`)
  }
  await world.stop()
}

async function missingRequest({ alice }: Teller): Promise<readonly string[]> {
  const requests = (await alice.do('requests.list', {})) ?? []
  return requests.length === 1 ? [] : [`alice has ${requests.length} requests`]
}
