/** English for being told that something arrived, for saying that one is there, and for removing things here. */
const plural = new Intl.PluralRules('en')
const many = (count: number, one: string, other: string): string =>
  `${count.toLocaleString('en')} ${plural.select(count) === 'one' ? one : other}`

/** Keeps a name's direction to itself where no markup can. */
const isolated = (name: string): string => `\u2068${name}\u2069`

/** What a notification says, and the question whether to notify. */
export const attention = {
  title: (name: string, unread: number) => (unread > 1 ? `${isolated(name)} · ${unread} new` : isolated(name)),
  arrived: (count: number) => (count > 1 ? many(count, 'new message', 'new messages') : 'New message'),
  ask: 'A message came while you were elsewhere. Do you want to be told next time?',
  yes: 'Tell me',
  no: 'No, thanks',
} as const

export const notifications = {
  title: 'Notifications',
  on: 'Notifications',
  onHint: 'When a message arrives while you are not looking at Parley.',
  denied:
    'Your browser blocks notifications from this address. You can allow them beside the address, in its settings.',
  unavailable: 'This browser has no notifications for pages like this one. The count in the title goes on.',
  undecided: 'Your browser will ask you once.',
  show: 'What they show',
  shows: { words: 'Name and words', name: 'Name only', nothing: 'Nothing' },
  showHints: {
    words: 'Who wrote, and the beginning of the message.',
    name: 'Who wrote, and how many messages.',
    nothing: 'Only that something arrived.',
  },
  learns: 'Your computer’s system shows notifications and may keep them in its history. Nobody else learns of them.',
  sounds: 'Sounds',
  soundsHint:
    'A short tone when a message arrives in a conversation that you are not looking at. Never while you type.',
  tryOut: 'Listen',
  quiet: 'Do not disturb',
  quietHint: 'No notifications and no sounds. Messages arrive and are counted as always.',
  muted: 'Muted conversations',
  mutedHint: 'They neither notify nor sound, and the count in the title leaves them out.',
  mute: 'Mute',
  unmute: 'Unmute',
  muteNamed: (name: string) => `Mute ${name}`,
  unmuteNamed: (name: string) => `Unmute ${name}`,
  isMuted: 'Muted',
} as const

export const presence = {
  title: 'Presence',
  label: 'Who sees whether you are here',
  choices: { nobody: 'Nobody', contacts: 'My contacts' },
  sentences: [
    'Online: one of your Parley pages is visible and you used it in the last five minutes. Away: you did not, or none is open.',
    'While your node is off they see when you were last here. If you choose nobody later, that time goes from their Parley too.',
    'If you choose nobody, they see none of it, and you still see those who tell.',
  ],
  learnsContacts:
    'Only contacts that you accepted and did not block, directly from your node. Push nodes and strangers are never told.',
  learnsNobody: 'Nobody is told. A contact whose node is connected to yours can still tell that your node is running.',
} as const

/** What one can do with a conversation as a whole, and with its subjects. */
export const conversation = {
  menu: 'Conversation',
  clear: 'Remove all messages here',
  clearTitle: 'Remove all messages from this device?',
  clearLead: (name: string) =>
    `Everything that was said so far is removed here, for good. ${name} keeps their copies and is not told. What you wrote that has not reached them yet stays until it has.`,
  clearConfirm: 'Remove',
  cleared: 'Removed from this device',
  about: 'About:',
  aboutSubject: (subject: string) => `About: ${subject}`,
} as const

export const hiding = {
  hide: 'Remove from this device',
  hideTitle: 'Remove from this device?',
  hideLead: (name: string, isOwn: boolean) =>
    isOwn
      ? `It is removed here, for good. ${name} keeps it, or still gets it. To take it back for both, delete it for everybody.`
      : `It is removed here, for good. ${name} keeps it and is not told.`,
  hideConfirm: 'Remove',
} as const
