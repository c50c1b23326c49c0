import type { MessageState } from '@parley/engine/api'
import { accountOf, seeded } from './fake-ids.ts'
import { fakeNetwork, fakePushNode } from './fake-network.ts'
import { seedProfiles } from './fake-seed-profiles.ts'
import type { FakeConversation, FakeWorld } from './fake-world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

type Line = readonly [from: 'me' | 'them', minutesAgo: number, text: string]

const tell = (world: FakeWorld, to: FakeConversation, lines: readonly Line[], state: MessageState = 'read') =>
  lines.map(([from, minutesAgo, text]) =>
    world.addMessage(to, from, text, {
      sentAt: world.now() - minutesAgo * MINUTE_MS,
      ...(from === 'me' ? { state } : {}),
    }),
  )

const seedAda = (world: FakeWorld) => {
  const ada = world.addConversation('Ada Lindqvist', { isConnected: true, isVerified: true })
  const messages = tell(world, ada, [
    ['them', 1_610, 'Morning! The two walnut chairs are ready. I sanded the armrests again, they were bothering me.'],
    ['me', 1_604, 'They look wonderful in the photo'],
    ['me', 1_603, 'Could you do **480** for both if I collect them myself?'],
    ['them', 1_590, '480 is fine. I would rather you see them before you pay anything.'],
    ['me', 1_588, '👍'],
    [
      'them',
      190,
      'Would Saturday work? I am in the workshop from ten.\n\n- park behind the house\n- ring twice, the saw is loud',
    ],
    ['me', 184, 'Saturday at eleven. I will bring blankets for the car.'],
    ['me', 183, 'And do you still have the small table from the `2019` list?'],
    ['them', 14, 'I do! It has one scratch on the underside, nothing you would see.'],
    ['them', 13, 'Dimensions are here: https://example.org/tables/small?id=2019'],
    ['them', 12, 'I can hold it until Sunday.'],
  ])
  const [, photo, price, answer] = messages
  if (photo !== undefined) world.change(ada, photo.id, { reactions: [{ emoji: '❤️', accounts: [ada.account] }] })
  if (answer !== undefined && price !== undefined) {
    world.change(ada, answer.id, {
      replyTo: price.id,
      editedAt: answer.sentAt + MINUTE_MS,
      reactions: [{ emoji: '🎉', accounts: [accountOf('me'), ada.account] }],
    })
  }
  const [table, scratch] = [messages.at(7), messages.at(8)]
  if (table !== undefined) world.change(ada, table.id, { subject: 'QmZb2018' })
  if (scratch !== undefined)
    world.change(ada, scratch.id, { subject: `${'small table, oiled oak, '.repeat(4)}طاولة صغيرة` })
  ada.readUpTo = messages.length - 3
  ada.updatedAt = world.now() - 12 * MINUTE_MS
}

const words =
  'the crate arrives on tuesday so we can meet at the market and look at what is left of the old stock'.split(' ')

const seedHistory = (world: FakeWorld, count: number) => {
  const bruno = world.addConversation('Bruno Okafor', { isConnected: true })
  const random = seeded(7)
  const start = world.now() - 400 * DAY_MS
  const step = (398 * DAY_MS) / count
  for (let at = 0; at < count; at += 1) {
    const length = 2 + Math.floor(random() ** 2 * 40)
    const text = Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(' ')
    world.addMessage(bruno, random() < 0.5 ? 'me' : 'them', `${at + 1}. ${text}`, {
      sentAt: Math.floor(start + at * step),
      state: 'read',
    })
  }
  bruno.readUpTo = bruno.messages.length
}

const seedStates = (world: FakeWorld) => {
  const mira = world.addConversation('Mira Castellanos', { lastHeardAt: world.now() - 5 * HOUR_MS })
  tell(world, mira, [['them', 420, 'The train is late again, I will write when I am there.']])
  const states: readonly MessageState[] = ['read', 'delivered', 'stored', 'sent', 'queued']
  for (const [at, state] of states.entries()) {
    world.addMessage(mira, 'me', `This one is ${state}`, {
      sentAt: world.now() - (300 - at * 10) * MINUTE_MS,
      state,
      ...(state === 'stored' ? { copies: { held: 2, wanted: 2 } } : {}),
    })
  }
  world.addMessage(mira, 'me', 'This one is with one push node of two', {
    sentAt: world.now() - 240 * MINUTE_MS,
    state: 'stored',
    copies: { held: 1, wanted: 2 },
  })
  world.addMessage(mira, 'me', 'And this one waited for a month', {
    sentAt: world.now() - 235 * MINUTE_MS,
    state: 'failed',
    failure: 'expired',
  })
  world.addMessage(mira, 'me', 'And this one could not be sent', {
    sentAt: world.now() - 230 * MINUTE_MS,
    state: 'failed',
    failure: 'The disk is full. What you see is safe; free some space and try again.',
  })
  const gone = world.addMessage(mira, 'them', 'x', { sentAt: world.now() - 228 * MINUTE_MS })
  world.change(mira, gone.id, { content: { type: 'deleted' } })
  const poll = world.addMessage(mira, 'them', 'x', { sentAt: world.now() - 227 * MINUTE_MS, hasGapBefore: true })
  world.change(mira, poll.id, {
    content: { type: 'unknown', mediaType: 'application/poll', fallback: 'Mira sent a poll: where shall we meet?' },
  })
  world.addMessage(mira, 'them', 'My clock is odd', { sentAt: world.now() - 226 * MINUTE_MS, isClockSkewed: true })
  mira.readUpTo = mira.messages.length
  mira.updatedAt = world.now() - 226 * MINUTE_MS
}

const seedOthers = (world: FakeWorld) => {
  const dana = world.addConversation('دانا الخطيب', { isConnected: true })
  tell(world, dana, [
    ['them', 1_500, 'مرحبا! هل ما زالت السجادة متوفرة؟'],
    ['me', 1_480, 'Yes, it is. 180 × 240 cm, from 1964.'],
    ['them', 1_470, 'رائع، سآخذها. أرسل لي **العنوان** من فضلك.'],
  ])
  dana.readUpTo = 3
  dana.updatedAt = world.now() - 1_470 * MINUTE_MS
  const chloe = world.addConversation('Chloé Meier', { status: 'invited' })
  chloe.updatedAt = world.now() - 2 * DAY_MS
  world.addConversation('', { status: 'invited', updatedAt: world.now() - 36 * HOUR_MS, lastHeardAt: undefined })
  const drafty = world.addConversation('Tomasz', { draft: 'I thought about it and' })
  tell(world, drafty, [['them', 3_100, 'So, what do you say?']])
  drafty.readUpTo = 1
  const gus = world.addConversation('Gus (spam?)', { status: 'blocked', isConnected: false })
  tell(world, gus, [['them', 9_000, 'Buy now!!!']])
  gus.readUpTo = 1
  const names = [
    'Ines Duarte',
    'Olu',
    'Kwame Mensah',
    'Sofia Rinaldi',
    'Jun Watanabe',
    'Petra',
    'Leo Fontaine',
    'Hana',
    'Ravi Shah',
    'Elin',
    'Marek Dvořák',
    'Zoë',
  ]
  for (const [at, name] of names.entries()) {
    const each = world.addConversation(name, { lastHeardAt: world.now() - (at + 1) * DAY_MS })
    tell(world, each, [
      ['me', (at + 2) * 1_440 + 5, 'Thank you, it came well packed.'],
      ['them', (at + 2) * 1_440, 'Glad to hear. Until next time!'],
    ])
    each.readUpTo = at === 9 ? 1 : 2
  }
}

const seedRequests = (world: FakeWorld) => {
  world.requests.push(
    {
      id: 'r1',
      account: accountOf('Vera'),
      name: 'Vera from the flea market',
      text: 'Hello, we spoke on Sunday about the lamp. This is me.',
      receivedAt: world.now() - 35 * MINUTE_MS,
    },
    { id: 'r2', account: accountOf('Unknown'), name: 'Best Deals', text: '', receivedAt: world.now() - 26 * HOUR_MS },
  )
}

const pushNodes = [
  '/dns4/push.example/tcp/443/wss/p2p/12D3KooWPushOne7fQx2',
  '/ip4/192.0.2.80/tcp/4001/p2p/12D3KooWPushTwoKv9dL',
]

const seedWaiting = (world: FakeWorld) => {
  const copies = { held: 2, wanted: 2 }
  const yusuf = world.addConversation('يوسف الأنصاري', { lastHeardAt: world.now() - 9 * HOUR_MS })
  tell(world, yusuf, [['them', 700, 'سأكون في السوق غدا.']])
  world.addMessage(yusuf, 'me', 'Good, I will be there at nine.', {
    sentAt: world.now() - 30 * HOUR_MS,
    state: 'stored',
    copies,
  })
  yusuf.readUpTo = 2
  const long = 'Maximiliane Freifrau von Hohenstein-Wittelsbach zu Tauberbischofsheim'
  const away = world.addConversation(long, { lastHeardAt: world.now() - 3 * DAY_MS })
  for (const [at, text] of ['Is the wardrobe taken apart?', 'And does it fit a van?'].entries()) {
    world.addMessage(away, 'me', text, {
      sentAt: world.now() - (50 - at) * HOUR_MS,
      state: 'stored',
      copies: { held: 1, wanted: 2 },
    })
  }
  away.readUpTo = away.messages.length
}

/** A lived-in node: every kind of message, state and conversation, and one long history. */
export const seedWorld = (world: FakeWorld, historyCount = 10_000): void => {
  seedHistory(world, historyCount)
  seedOthers(world)
  seedWaiting(world)
  seedStates(world)
  seedAda(world)
  seedRequests(world)
  seedProfiles(world)
  world.network = fakeNetwork({
    reach: 'anyone',
    reachability: { state: 'relayed', testedAt: world.now() - 4 * MINUTE_MS, isTesting: false },
    portMapping: { state: 'failed', reason: 'No router on this network opens ports by itself.' },
    infrastructure: pushNodes.map((address) => fakePushNode(address)),
    storage: 'self-hosted',
  })
  world.lostHolders = pushNodes.slice(1)
}

/** The same with nobody there, and worse or other places for what waits. */
export const seedAway = (world: FakeWorld, how: 'offline' | 'unreachable' | 'dropbox'): void => {
  seedWorld(world, 200)
  const infrastructure = how === 'unreachable' ? pushNodes.map((address) => fakePushNode(address, false)) : []
  const storage = how === 'dropbox' ? ({ storage: 'dropbox' } as const) : {}
  world.network = fakeNetwork({
    isListening: how === 'dropbox',
    infrastructure,
    ...(how === 'unreachable'
      ? { reach: 'anyone' as const, reachability: { state: 'network' as const, isTesting: false } }
      : {}),
    ...storage,
  })
  for (const each of world.conversations) {
    each.isConnected = false
    if (each.presence.status !== 'hidden') each.presence = { status: 'offline', seenAt: world.now() - 40 * MINUTE_MS }
    // Without push nodes nothing is with them.
    const fields = how === 'dropbox' ? { copies: { held: 0, wanted: 1 } } : ({ state: 'queued' } as const)
    if (how === 'unreachable') continue
    each.messages = each.messages.map((message) => (message.state === 'stored' ? { ...message, ...fields } : message))
  }
}
