const plural = new Intl.PluralRules('en')
const many = (count: number, one: string, other: string): string =>
  `${count.toLocaleString('en')} ${plural.select(count) === 'one' ? one : other}`
const list = new Intl.ListFormat('en')

/** One's own profile, other people's, presence, blocking, and who learns what of each. */
export const profile = {
  title: 'Your profile',
  open: (name: string) => (name === '' ? 'Your profile' : `${name}, your profile`),
  oldWordsLead: 'The 12 words of an OpenBazaar identity work as well; you keep the id that you had there.',
  oldWords: '12 words, as OpenBazaar has them. Yours has 24? Go on.',

  handle: (handle: string) => `@${handle}`,
  place: (location: string) => `in ${location}`,

  presence: {
    online: 'Online',
    away: 'Away',
    seen: (time: string) => `Last seen ${time}`,
  },

  learns: {
    label: 'Who learns what',
    contacts:
      'Your contacts learn all of it and every later version, over the encrypted connection between your nodes, and may keep them. Strangers, push nodes and DHT peers learn nothing.',
    public:
      'Anybody who looks or listens learns all of it, the moment it changes, with your node’s addresses and an invite to ask you for contact. Push nodes and DHT peers also see which peer id and IP address put it there. Whoever read it keeps it.',
    picture:
      'The picture is cut and made small in this browser; the file itself, its name and where it was taken go nowhere. It travels with your profile, to the same people.',
    block: (name: string) =>
      `${name} learns nothing new of you but what any stranger can: to them it looks as if your node were off. Nobody else learns of it.`,
    unblock: (name: string) =>
      `${name}’s node finds yours again and gets your newest profile. Nobody else learns of it.`,
    presence:
      'Contacts who share it tell you, over the connection between your nodes, and nobody else. Reading it here tells nobody.',
    contactProfile:
      'This profile is for contacts. Your node asks theirs for the newest version and nobody else; looking at what is kept here tells nobody.',
    publicProfile:
      'This profile is public. While they are away, your node asks push nodes and DHT peers for the newest version, and these learn that your peer id and IP address ask for this account.',
    stranger:
      'Push nodes and DHT peers learn that your peer id and IP address ask for this account. The person is not told.',
  },

  editor: {
    lead: 'This is how others see you. You are the same account whatever you write here.',
    name: 'Name',
    nameHint: 'As contacts read it, until they give you a name of their own.',
    handle: 'Handle',
    handleHint: 'A short name, as in @robin. It is not reserved: others can use the same.',
    location: 'Location',
    locationHint: 'As exact as you like, or empty.',
    about: 'About',
    aboutHint: 'Plain text. Links are not made active.',
    counter: (used: number, max: number) => `${used.toLocaleString('en')} of ${max.toLocaleString('en')}`,
    counterSpoken: (left: number) =>
      left >= 0 ? many(left, 'letter left', 'letters left') : `${many(-left, 'letter', 'letters')} too long`,
    tooLong: (over: number) => `${many(over, 'letter', 'letters')} too long. Shorten it, then it can be saved.`,
    nameMissing: 'A profile needs a name.',
    handleOdd: 'A handle has no spaces and no @.',

    picture: 'Picture',
    pictureHint: 'Choose one, drop it here, or paste it. The middle of it is used, 256 pixels a side.',
    choose: 'Choose a picture',
    chooseOther: 'Choose another',
    remove: 'Remove',
    preparing: 'Preparing…',
    drop: 'Drop the picture here',
    pictureAlt: 'The picture that you chose',
    notAPicture: 'This file is not a picture that can be read here. The one before is kept.',
    pictureTooLarge: 'This file is larger than 64 MB. Choose a smaller one; the one before is kept.',
    pictureTooDetailed: 'This picture could not be made small enough. The one before is kept.',

    visibility: 'Who may see it',
    contacts: 'Contacts',
    contactsMeans:
      'Your contacts get it from your node. Nobody else can look it up, and nobody can ask you for contact without an invite from you.',
    public: 'Everybody',
    publicMeans:
      'Anybody who knows your account can look it up, while your computer is off too, and can ask you for contact. It is also published under its IPNS name.',
    published: (time: string) => `Others can look it up. Last published ${time}.`,
    notPublished: 'Not published yet. It goes out when a push node or DHT peer is reached.',
    takingBack:
      'An empty profile takes its place with push nodes and DHT peers. Until it has, the old one can still be found there; whoever read it keeps it.',
    ipns: 'IPNS name',
    copyIpns: 'Copy IPNS name',

    preview: { contacts: 'What your contacts see', public: 'What everybody sees' },
    previewEmpty: 'Nothing about yourself yet.',
    strangersSee: 'Strangers see nothing.',

    unsaved: 'Not saved yet',
    saving: 'Saving…',
    saved: 'Saved',
    savedContacts: 'Saved. Contacts who are connected have it now, the others get it when you meet.',
    savedPublic: 'Saved. It goes to your contacts, push nodes and the DHT now.',
    fix: 'Something above has to be changed first.',
    save: 'Save',
    discard: 'Discard changes',
    discarded: 'Changes discarded',
    account: 'Account',
    copyAccount: 'Copy account id',
    pictureSavedOnly: (reason: string) => `The picture is saved, the rest is not. ${reason}`,
  },

  contact: {
    claims: (name: string) => `Calls themselves “${name}”`,
    about: 'About',
    aboutNone: 'They have not written anything about themselves.',
    aboutUnknown:
      'No profile of theirs is here yet. It comes when your nodes are connected; a public one can be looked up.',
    showAll: 'Show all',
    showLess: 'Show less',
    changed: (date: string) => `Profile of ${date}`,
    history: 'Earlier versions of the profile',
    historyNone: 'No other version was seen here.',
    historyFirst: 'First version seen here',
    historyLead: 'As they arrived here, the newest first. Each was signed by this account.',
    fields: {
      name: 'name',
      handle: 'handle',
      location: 'location',
      about: 'about',
      picture: 'picture',
      addresses: 'addresses',
      other: 'what applications added',
    },
    before: 'Before',
    after: 'After',
    changedFields: (fields: readonly string[]) => `Changed: ${list.format(fields)}`,
    unchanged: 'Signed again, unchanged',
  },

  block: {
    title: (name: string) => `Block ${name}?`,
    nowTitle: 'At once',
    now: 'The connection ends. Nothing from them is taken in any more, and nothing more goes to them. What push nodes hold for them already may still reach them.',
    noticeTitle: 'What they notice',
    notice:
      'They are not told. Your node is silent towards them as if it were off: what they write stays undelivered, and they no longer see when you are there.',
    staysTitle: 'What stays',
    stays: 'Everything said so far, here and on their side. You can unblock them at any time.',
    unblockTitle: (name: string) => `Unblock ${name}?`,
    unblockNow: 'They can reach you again, and messages that waited on both sides are delivered.',
  },

  find: {
    title: 'The person with this id',
    lead: 'This is the id of an account. If their profile is public, you can look it up and ask for contact.',
    you: 'This is your own id.',
    open: (name: string) => `You know each other. Open the conversation with ${name}`,
    noInvite: 'This profile has no invite in it. Ask them for an invite link.',
  },

  request: {
    says: (name: string) => `Their profile says “${name}”`,
    look: 'Look up their profile',
    looking: 'Asking…',
    unknown: 'Nobody who was asked knows a public profile of this account.',
    failed: 'Nobody could be asked just now. Try again when you are connected.',
    signed: 'Signed by this account; that makes it theirs, not true.',
  },
} as const
