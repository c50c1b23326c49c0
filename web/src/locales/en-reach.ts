/** English for who can reach one, what was proven of it, push nodes, and where an invite works. */
const plural = new Intl.PluralRules('en')
const many = (count: number, one: string, other: string): string =>
  `${count.toLocaleString('en')} ${plural.select(count) === 'one' ? one : other}`
const contacts = (count: number) => many(count, 'contact', 'contacts')

/** How the node is connected right now. */
export const connection = {
  direct: (count: number) => `Connected to ${contacts(count)}`,
  relayed: (count: number) => `Connected to ${contacts(count)}, through push nodes`,
  online: 'Online. None of your contacts is connected right now.',
  ready: 'Ready. None of your contacts is connected right now.',
  offline: 'Offline. Messages will be sent later.',
  lost: 'Your node is not running',
}

export const reach = {
  question: 'Who should be able to reach you?',
  fixed: 'This was set where your node is started (its listen addresses), and can be changed only there.',
  lead: 'You can change this at any time under Connection.',
  choices: {
    computer: {
      title: 'Only this computer',
      line: 'For a first look. Nobody else can connect, and nobody learns anything.',
    },
    network: {
      title: 'My network',
      line: 'People on the same Wi-Fi or cable. Everybody on it can see that Parley runs here.',
    },
    anyone: {
      title: 'Anyone with my link',
      line: 'People anywhere. Whoever has your link learns your internet address, and your router is asked to let them in.',
    },
  },
  later: 'Decide later',
  laterHint: 'Until then it is only this computer.',
  changing: 'Changing…',
  nudge: {
    computer: 'So far only this computer can.',
    other: 'You have not decided yet.',
    choose: 'Decide',
    later: 'Later',
  },

  title: 'Who can reach you',
  /** What was proven. */
  states: {
    public: (time?: string) => `Reachable from outside${time === undefined ? '' : ` (tested ${time})`}`,
    relayed: (time?: string) => `Through push nodes only${time === undefined ? '' : ` (confirmed ${time})`}`,
    network: (time?: string) => `Only on this network${time === undefined ? '' : ` (tested ${time})`}`,
    computer: (_time?: string) => 'Only on this computer',
  },
  testing: 'Testing…',
  test: 'Test now',
  /** What it means, and what to do next. */
  next: {
    publicByNode: 'A push node connected to you from outside. Anyone with your link can connect directly.',
    publicByContact: 'A contact connected to you from outside. Anyone with your link can connect directly.',
    relayed:
      'Push nodes pass on what people send you; it stays sealed. Nobody has connected to you directly from outside.',
    relayedRouter: 'To be reached directly as well, allow port mapping (UPnP or PCP) in your router, then test again.',
    networkChosen: 'People on the same Wi-Fi or cable can connect to you. Nobody elsewhere can.',
    anyoneNoNodes:
      'Nobody from outside has proven that they reach you. Add a push node below: it can test this, and pass connections on when your router lets nobody in.',
    anyoneAway:
      'None of your push nodes answers, so nobody from outside can reach you for certain. Test them, or add another.',
    anyoneRefused:
      'Your push node has no place for you, so nobody from outside can reach you for certain. Add another.',
    anyoneUnproven: 'Nobody from outside has proven that they reach you. Test again in a moment.',
    computer: 'Nobody else can connect to you.',
    computerChoose: 'To change this, choose below.',
    noNetwork: 'This computer has no network right now. As soon as it has one, this changes by itself.',
  },
  mapping: {
    searching: 'Asking your router to let connections in…',
    mapped: (address: string) => `Your router lets connections in at ${address}.`,
    mappedPlain: 'Your router lets connections in.',
    failed: 'Your router could not be asked to let connections in.',
  },

  nodes: {
    lead: 'A push node keeps sealed messages for you while you are away and passes connections on.',
    learns: 'whoever runs it sees your internet address and when you are online, never what you write.',
    addLabel: 'Address or link of a push node',
    addPlaceholder: 'parley:push/… or /dns4/…/p2p/…',
    add: 'Add',
    test: 'Test',
    testing: 'Testing…',
    testNamed: (name: string) => `Test ${name}`,
    removeNamed: (name: string) => `Remove ${name}`,
    added: (name: string) => `Added ${name}`,
    removed: (name: string) => `Removed ${name}`,
    remove: 'Remove',
    removeTitle: (name: string) => `Remove ${name}?`,
    removeText:
      'Your node stops using it: nobody reaches you through it any more, and contacts stop leaving messages for you there once they hear of it. Invites that name it may stop working from outside. You can add it again.',
    sources: {
      config: 'from your configuration',
      added: 'added by you',
      contact: (name: string) => `from ${name}`,
      someone: 'from a contact',
    },
    configHint: 'It is set in the configuration of your node and can be removed only there.',
    connected: 'connected',
    away: 'not connected',
    reserved: 'connected, passes connections on to you',
    full: (why: string) => `Full. ${why} It passes no connections on to you; it may still keep messages.`,
    refused: 'It refuses to pass connections on to you; it may still keep messages.',
    refusedWhy: (why: string) => `${why} It passes no connections on to you; it may still keep messages.`,
    offered: 'Your friends use',
    offeredLead: 'Push nodes of your contacts that you may use as well.',
    offeredBy: (name: string) => `${name} uses it`,
    use: 'Use',
    useNamed: (node: string, name: string) => `Use ${node}, which ${name} uses`,
    how: 'How to run one',
  },
  result: {
    all: (ms?: string) =>
      `It answers${ms === undefined ? '' : ` in ${ms}`}. It keeps messages and passes connections on.`,
    mailbox: (ms?: string) =>
      `It answers${ms === undefined ? '' : ` in ${ms}`}. It keeps messages, but passes no connections on.`,
    relay: (ms?: string) =>
      `It answers${ms === undefined ? '' : ` in ${ms}`}. It passes connections on, but keeps no messages.`,
    nothing: 'It answers, but it is no push node: it neither keeps messages nor passes connections on.',
    away: 'It does not answer. Check the address, and that it is running.',
    awayHint: 'Check the address, and that it is running.',
  },

  invite: {
    places: {
      computer: 'This link works on this computer only. Nobody elsewhere can use it.',
      network: 'This link works on your network only: for people on the same Wi-Fi or cable.',
      unproven: 'This link should work from anywhere, but nobody outside has proven it yet.',
      anywhere: 'This link works from anywhere.',
      later: 'This link works as soon as your onion address is published.',
    },
    change: 'Change who can reach you',
    test: 'Test it under Connection',
    /** After the date in a list. */
    short: {
      computer: 'works on this computer only',
      network: 'works on your network only',
      unproven: 'not proven to work from outside',
      anywhere: 'works from anywhere',
      later: 'works once your onion address is published',
    },
    copied: {
      computer: 'Copied. It works on this computer only.',
      network: 'Copied. It works on your network only.',
      unproven: 'Copied. That it works from outside is not proven yet.',
      anywhere: 'Copied. It works from anywhere.',
      later: 'Copied. It works once your onion address is published.',
    },
  },

  preview: {
    title: 'The invite',
    from: (name: string) => `${name} invites you`,
    fromSomebody: 'Somebody invites you',
    until: (date: string) => `Works until ${date}.`,
    computer: 'It works only on the computer on which it was made. If that is not this one, ask for a new link.',
    network: 'It works only on the network on which it was made: you both have to be on the same Wi-Fi or cable.',
    anywhere: 'It works from anywhere.',
    problems: {
      expired: 'It has expired. Ask for a new one.',
      own: 'This is your own invite. Send it to somebody else.',
      blocked: 'You blocked this person. Unblock them first.',
    },
    offer: (name: string, count: number) => `Use ${name}’s ${count === 1 ? 'push node' : 'push nodes'} too`,
    offerSomebodys: (count: number) => `Use their ${count === 1 ? 'push node' : 'push nodes'} too`,
    offerHint: (hosts: string) => `You have none. ${hosts} keeps sealed messages while you are away.`,
    offerLearns: 'whoever runs it sees your internet address and when you are online, never what you write.',
  },
} as const
