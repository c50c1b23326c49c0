/** English for what became of a message, where it waits, and who holds it. */
const plural = new Intl.PluralRules('en')
const many = (count: number, one: string, other: string): string =>
  `${count.toLocaleString('en')} ${plural.select(count) === 'one' ? one : other}`

const messages = (count: number) => many(count, 'message', 'messages')
const pushNodes = (count: number) => many(count, 'push node', 'push nodes')
/** on 1 of 2 push nodes */
const onPushNodes = (held: number, wanted: number) =>
  held >= wanted ? `on ${pushNodes(held)}` : `on ${held} of ${pushNodes(wanted)}`

export const delivery = {
  /** One or two words, below a message. */
  words: {
    queued: 'Waiting here',
    stored: 'Stored',
    sent: 'Sent',
    delivered: 'Delivered',
    read: 'Read',
    failed: 'Not sent',
  },
  storedPartly: (held: number, wanted: number) => `Stored, ${held} of ${wanted}`,
  storedFor: (name: string, place: string) => `Stored for ${name} ${place}`,
  onPushNodes,
  inStorage: (storage: string) => `in ${storage}`,
  elsewhere: 'with others',
  unproven: (name: string) => `Was stored for ${name}, but no push node proves that it still has it`,
  expired: 'Nobody fetched this in 30 days. It is still here.',
  /** A sentence, for tooltips and details. */
  sentences: {
    queued: 'It waits on this device and goes out as soon as there is a way.',
    stored: 'They get it when they are back.',
    unproven: 'It is kept here, and left with another.',
    sent: 'It reached a device of theirs.',
    delivered: 'It was decrypted and saved on their device.',
    read: 'They have seen it.',
    failed: 'It was given up. It is saved here and can be sent again.',
  },
  where: {
    here: 'On this device only',
    stored: (place: string) => `On this device and ${place}`,
    theirs: 'On this device and on theirs',
  },
  /** For those who hear the page. */
  spoken: {
    storedMany: (count: number, name: string) => `${messages(count)} stored for ${name}`,
    arrived: (count: number, name: string) =>
      count === 1 ? `${name} has your message` : `${name} has ${messages(count)} of yours`,
    failed: (reason: string) => `Not sent. ${reason}`,
  },
  details: {
    action: 'Where it is',
    title: 'Your message',
    written: 'Written',
    state: 'State',
    where: 'Where it is',
    waiting: 'What waits for others',
  },

  /** While somebody is away: what becomes of what one writes. */
  away: {
    stored: (name: string) => `${name} is away. Messages are stored for them.`,
    untaken: (name: string) => `${name} is away. This waits here: no push node takes it.`,
    unreachable: (name: string) => `${name} is away. This waits here: no push node is reachable.`,
    none: (name: string) => `${name} is away. This waits here: no push node is set up.`,
  },

  /** While a request has no answer: where it is. */
  request: {
    stored: (count: number) => `Your request is sealed and waits for them on ${pushNodes(count)}.`,
    inStorage: (storage: string) => `Your request is sealed and waits for them in ${storage}.`,
    unmet: 'Their node was not found yet. Your request waits here until it is.',
    here: 'Your request waits here until you are both online, or a push node takes it.',
  },

  pushNodes: {
    none: 'Without a push node of yours or of your contact, messages wait on this device until you are both online.',
    noneHow: 'Run this on a computer that is always on:',
    noneThen: 'It prints a link and a code. Paste the link above.',
    noneDocs: 'More about it in docs/operations.md, “While the other is away” and “Running a push node”.',
    unreachable:
      'None of them is reachable. What you write waits on this device, unless a push node of your contact takes it.',
    peer: (end: string) => `peer …${end}`,
  },

  waiting: {
    title: 'Waiting for others',
    lead: 'What you wrote that nobody has confirmed yet.',
    empty: 'Nothing waits. Whatever you wrote has arrived.',
    unposted: (count: number) =>
      `${messages(count)} ${count === 1 ? 'waits' : 'wait'} on this device until the conversation is ready.`,
    messages,
    request: 'Your contact request',
    setup: 'Keys of the conversation',
    facts: (size: string, since: string, envelopes: number) =>
      envelopes > 1 ? `${size}, the first sealed ${since}` : `${size}, sealed ${since}`,
    show: (name: string) => `Show the conversation with ${name}`,
    holders: 'Held by',
    hasAll: 'Has all of it',
    hasSome: (count: number, all: number) => `Has ${count} of ${all}`,
    proven: (when: string) => `proved it ${when}`,
    lost: (when: string) => `Does not prove that it still has it. It last did ${when}.`,
    inStorage: (storage: string) => `Kept in ${storage}`,
    onlyHere: (count: number, all: number) =>
      count >= all ? 'Only on this device' : `${count} of ${all} only on this device`,
    learn:
      'Whoever holds it sees sealed bytes, their size and when, and the addresses of the devices that leave and fetch them. No names, and nothing of what you write.',
    learnStorage: 'Whoever runs your storage also knows that it is yours.',
  },

  storage: {
    title: 'Your storage',
    /** After "in". */
    places: {
      'self-hosted': 'the storage of this computer',
      dropbox: 'your Dropbox',
      s3: 'your S3 bucket',
      pinning: 'your pinning service',
    },
    hints: {
      'self-hosted': 'This computer keeps a copy of what waits and serves it while it is on.',
      dropbox: 'Dropbox: a sealed copy of what waits is put into a folder of yours.',
      s3: 'S3: a sealed copy of what waits is put into a bucket of yours.',
      pinning: 'Pinning service: a sealed copy of what waits is pinned there.',
    },
    none: 'None besides this device and push nodes.',
  },
} as const
