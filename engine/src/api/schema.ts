/**
 * The one table of commands, queries, streams and events. The in-process client, the WebSocket protocol, the REST routes with
 * their OpenAPI document, and every type below are made from it. Spec: API-1…API-12.
 */
import Type, { type Static, type TProperties, type TSchema } from 'typebox'

const text = (lettersMax: number, description?: string) =>
  Type.String({ maxLength: lettersMax * 2, ...(description === undefined ? {} : { description }) })

export const Account = Type.String({
  pattern: '^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$',
  description: 'did:key of an account',
})
export const ConversationId = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })
export const MessageId = Type.String({ pattern: '^01[0-9a-f]{62}$' })
/** An image as a raw IPFS block: CIDv1, raw, sha2-256, base32. */
export const AvatarCid = Type.String({ pattern: '^bafkrei[a-z2-7]{52}$' })
/** A person by account, or by the `Qm…` peer id that OpenBazaar gives the same key. */
export const PersonId = Type.String({
  pattern: '^(did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}|Qm[1-9A-HJ-NP-Za-km-z]{44})$',
})
export const UnixMs = Type.Integer({ minimum: 0, description: 'Unix milliseconds' })

export const MessageState = Type.Union(
  [
    Type.Literal('queued'),
    Type.Literal('stored'),
    Type.Literal('sent'),
    Type.Literal('delivered'),
    Type.Literal('read'),
    Type.Literal('failed'),
  ],
  {
    description:
      'queued: durable here. stored: held for the recipient by others. sent: durable on a device of the recipient. ' +
      'delivered: decrypted and stored there. read: seen. failed: given up, may be retried.',
  },
)

export const Content = Type.Union([
  Type.Object({ type: Type.Literal('text'), text: Type.String() }),
  Type.Object({ type: Type.Literal('deleted') }),
  Type.Object({
    type: Type.Literal('unknown'),
    mediaType: Type.String(),
    fallback: Type.String({ description: 'What to show instead; plain text' }),
  }),
])

/** Shared by messages that are one saying to several people: 31 bytes in hex. */
export const CopyId = Type.String({ pattern: '^[0-9a-f]{62}$' })

/** `hidden`: they do not say, or share it with nobody. */
export const Presence = Type.Object({
  status: Type.Union([Type.Literal('online'), Type.Literal('away'), Type.Literal('offline'), Type.Literal('hidden')]),
  /** When they were last at it, as they said. */
  seenAt: Type.Optional(UnixMs),
})

/** What an account says about itself, signed by it. */
export const Profile = Type.Object({
  account: Account,
  name: Type.String(),
  handle: Type.String(),
  location: Type.String(),
  about: Type.String(),
  avatar: Type.Optional(AvatarCid),
  /** Multiaddrs of its devices. */
  addresses: Type.Array(Type.String()),
  /** Lets anybody ask for contact; only in public profiles. */
  invite: Type.Optional(Type.String()),
  /** What applications add, by their own keys. */
  extra: Type.Record(Type.String(), Type.String()),
  /** Rises with every change. */
  version: Type.Integer({ minimum: 1 }),
  changedAt: UnixMs,
})

export const Visibility = Type.Union([Type.Literal('contacts'), Type.Literal('public')], {
  description: 'contacts: sent to contacts alone. public: anybody may look it up.',
})

export const OwnProfile = Type.Object({
  ...Profile.properties,
  visibility: Visibility,
  /** The IPNS name under which a public profile is published. */
  ipnsName: Type.String(),
  /** When others could last look it up; absent while it is for contacts, or has not been published yet. */
  publishedAt: Type.Optional(UnixMs),
})

/** What became of one id that was asked for. */
export const ProfileAnswer = Type.Object({
  /** As it was asked for. */
  id: PersonId,
  /**
   * found: `profile` is there. missing: not known here (of `profiles.cached`). unknown: nobody who was asked knows it.
   * failed: nobody could be asked.
   */
  outcome: Type.Union([
    Type.Literal('found'),
    Type.Literal('missing'),
    Type.Literal('unknown'),
    Type.Literal('failed'),
  ]),
  profile: Type.Optional(Profile),
  /** True when the profile was confirmed within the last hour. */
  isFresh: Type.Boolean(),
  source: Type.Union([
    Type.Literal('cache'),
    Type.Literal('link'),
    Type.Literal('holder'),
    Type.Literal('ipns'),
    Type.Literal('none'),
  ]),
})

export const Message = Type.Object({
  id: MessageId,
  conversation: ConversationId,
  sender: Account,
  content: Content,
  sentAt: UnixMs,
  state: MessageState,
  parents: Type.Array(MessageId),
  /** Opaque and sortable: ascending is the order of display on every device (causal, then hybrid clock, then id). */
  order: Type.String(),
  replyTo: Type.Optional(MessageId),
  editedAt: Type.Optional(UnixMs),
  reactions: Type.Array(Type.Object({ emoji: Type.String(), accounts: Type.Array(Account) })),
  /** True when a message that this one builds on has not arrived yet. */
  hasGapBefore: Type.Boolean(),
  /** True when the sender's clock was more than five minutes ahead of ours. */
  isClockSkewed: Type.Boolean(),
  /** Of a `stored` message: how many push nodes hold it, of how many that should. */
  copies: Type.Optional(Type.Object({ held: Type.Integer({ minimum: 0 }), wanted: Type.Integer({ minimum: 1 }) })),
  /** What it is about, as an order's number; absent for the conversation itself. */
  subject: Type.Optional(Type.String()),
  /** The same in each conversation that one saying was sent to. */
  copy: Type.Optional(CopyId),
  /** Why `state` is `failed`; `expired`: nobody fetched it in thirty days. */
  failure: Type.Optional(Type.String()),
})

/** A conversation as far as it is about one subject. */
export const Discussion = Type.Object({
  conversation: ConversationId,
  account: Account,
  lastMessage: Message,
  unread: Type.Integer({ minimum: 0 }),
})

export const Conversation = Type.Object({
  id: ConversationId,
  kind: Type.Literal('direct'),
  account: Account,
  name: Type.String(),
  /** What their profile says; empty or absent while none is known. */
  handle: Type.String(),
  location: Type.String(),
  avatar: Type.Optional(AvatarCid),
  presence: Presence,
  /** invited: we asked, they have not answered. active: both may write. blocked: we blocked them. */
  status: Type.Union([Type.Literal('invited'), Type.Literal('active'), Type.Literal('blocked')]),
  lastMessage: Type.Optional(Message),
  unread: Type.Integer({ minimum: 0 }),
  firstUnread: Type.Optional(MessageId),
  draft: Type.String(),
  /** Last change of any kind, for sorting. */
  updatedAt: UnixMs,
  /** True while an authenticated link to a device of theirs is open. */
  isConnected: Type.Boolean(),
  lastHeardAt: Type.Optional(UnixMs),
  typing: Type.Array(Account),
})

export const ContactRequest = Type.Object({
  id: Type.String(),
  account: Account,
  /** What they call themselves; unverified. */
  name: Type.String(),
  text: Type.String(),
  receivedAt: UnixMs,
})

export const Contact = Type.Object({
  account: Account,
  /** The name you gave, or else the one they claim. */
  name: Type.String(),
  claimedName: Type.String(),
  handle: Type.String(),
  location: Type.String(),
  avatar: Type.Optional(AvatarCid),
  conversation: ConversationId,
  status: Type.Union([Type.Literal('invited'), Type.Literal('active'), Type.Literal('blocked')]),
  isVerified: Type.Boolean(),
  devices: Type.Array(Type.Object({ peerId: Type.String(), addedAt: UnixMs, isConnected: Type.Boolean() })),
})

export const Block = Type.Object({
  account: Account,
  /** As shown for a contact, or what their profile says; empty while nothing is known. */
  name: Type.String(),
  blockedAt: UnixMs,
})

export const Settings = Type.Object({
  sendsTyping: Type.Boolean(),
  sendsReadReceipts: Type.Boolean(),
  /** Who is told whether you are there. */
  presence: Type.Union([Type.Literal('nobody'), Type.Literal('contacts')]),
})

export const Me = Type.Object({
  account: Account,
  peerId: Type.String(),
  name: Type.String(),
  addresses: Type.Array(Type.String()),
  settings: Settings,
  /** True when a passphrase seals the keys on disk. */
  hasPassphrase: Type.Boolean(),
  isRecoveryPhraseConfirmed: Type.Boolean(),
  createdAt: UnixMs,
})

/** What waits for one account that did not answer, and who has it. */
export const Waiting = Type.Object({
  account: Account,
  name: Type.String(),
  conversation: ConversationId,
  /** Contents that nobody acknowledged. */
  messages: Type.Integer({ minimum: 0 }),
  /** Envelopes, with commits and requests, and their bytes with padding. */
  envelopes: Type.Integer({ minimum: 0 }),
  bytes: Type.Integer({ minimum: 0 }),
  since: UnixMs,
  /** Envelopes that are only here: nobody else holds them yet. */
  onlyHere: Type.Integer({ minimum: 0 }),
  holders: Type.Array(
    Type.Object({
      /** Multiaddr of a push node. */
      address: Type.String(),
      envelopes: Type.Integer({ minimum: 0 }),
      /** When it last proved that it has them. */
      checkedAt: UnixMs,
      /** It claimed to hold what it does not have. */
      isLost: Type.Boolean(),
    }),
  ),
})

export const Reach = Type.Union([Type.Literal('computer'), Type.Literal('network'), Type.Literal('anyone')], {
  description:
    'Who may reach this node. computer: programs of this computer. network: the local network too. anyone: whoever has an ' +
    'address of it, with a port mapping at the router where there is one. Over Tor it has no meaning: always anyone.',
})

export const Reachability = Type.Object({
  /**
   * What was proven, not what is hoped for. public: somebody outside dialled an address of ours on request. relayed: a push
   * node holds a place for us. network: the node listens for its local network, no more is proven. computer: for this
   * computer alone. Over Tor: public while Tor has published the onion address.
   */
  state: Type.Union([
    Type.Literal('public'),
    Type.Literal('relayed'),
    Type.Literal('network'),
    Type.Literal('computer'),
  ]),
  /** When that was last confirmed by somebody else. */
  testedAt: Type.Optional(UnixMs),
  isTesting: Type.Boolean(),
  /** Who dialled back, of `public`. */
  by: Type.Optional(Type.Union([Type.Literal('push-node'), Type.Literal('contact')])),
})

export const PortMapping = Type.Object({
  /** off: not asked for. searching: no router answered yet. mapped: it forwards `address` to us. failed: see `reason`. */
  state: Type.Union([Type.Literal('off'), Type.Literal('searching'), Type.Literal('mapped'), Type.Literal('failed')]),
  /** Multiaddr that the router says it forwards; whether it works, `reachability` says. */
  address: Type.Optional(Type.String()),
  /** In words. */
  reason: Type.Optional(Type.String()),
})

/** One push node that this node uses. */
export const PushNode = Type.Object({
  address: Type.String(),
  peerId: Type.String(),
  isConnected: Type.Boolean(),
  /** config: set where the node is started. added: by hand. contact: taken over from a contact. */
  source: Type.Union([Type.Literal('config'), Type.Literal('added'), Type.Literal('contact')]),
  /** reserved: it holds a place for us. refused: it does not, see `refusal`. none: not asked, or it does not relay. */
  relay: Type.Union([Type.Literal('reserved'), Type.Literal('refused'), Type.Literal('none')]),
  /** Why it refused, in its words. */
  refusal: Type.Optional(Type.String()),
  /** The name of the contact whose it was, of `contact`. */
  contact: Type.Optional(Type.String()),
})

/** A push node that a contact is reached through and that we do not use. */
export const OfferedPushNode = Type.Object({
  address: Type.String(),
  peerId: Type.String(),
  account: Account,
  name: Type.String(),
})

export const PushNodeTest = Type.Object({
  isReachable: Type.Boolean(),
  /** Until it answered. */
  latencyMs: Type.Optional(Type.Integer({ minimum: 0 })),
  offersRelay: Type.Boolean(),
  offersMailbox: Type.Boolean(),
  /** Why it cannot be used, in words. */
  problem: Type.Optional(Type.String()),
})

export const WorksOn = Type.Union([Type.Literal('computer'), Type.Literal('network'), Type.Literal('anywhere')], {
  description:
    'How far the addresses of an invite carry, as far as can be seen from them. anywhere: at least one may be reached from ' +
    'everywhere.',
})

export const Network = Type.Object({
  /** How connections leave this device. */
  transport: Type.Union([Type.Literal('direct'), Type.Literal('tor')]),
  reach: Reach,
  /** False while nobody chose: the person was not asked, and nothing was set at the start. */
  isReachChosen: Type.Boolean(),
  /** Set at the start (explicit listen addresses, Tor): it cannot be changed while the node runs. */
  isReachFixed: Type.Boolean(),
  reachability: Reachability,
  portMapping: PortMapping,
  isListening: Type.Boolean(),
  addresses: Type.Array(Type.String()),
  infrastructure: Type.Array(PushNode),
  offeredPushNodes: Type.Array(OfferedPushNode),
  peers: Type.Array(
    Type.Object({
      account: Account,
      name: Type.String(),
      peerId: Type.String(),
      path: Type.Union([Type.Literal('direct'), Type.Literal('relayed')]),
      /** Why the path is relayed, where direct ones are looked for. */
      relayReason: Type.Optional(
        Type.Union([
          Type.Literal('untried'),
          Type.Literal('trying'),
          Type.Literal('not-offered'),
          Type.Literal('no-path'),
        ]),
      ),
      connectedAt: UnixMs,
    }),
  ),
  waitingMessages: Type.Integer({ minimum: 0 }),
  waiting: Type.Array(Waiting),
  /** The own place for what waits for others, besides push nodes. */
  storage: Type.Optional(
    Type.Union([Type.Literal('self-hosted'), Type.Literal('dropbox'), Type.Literal('s3'), Type.Literal('pinning')]),
  ),
  storedBytes: Type.Integer({ minimum: 0 }),
})

export const Invite = Type.Object({
  id: Type.String(),
  link: Type.String(),
  createdAt: UnixMs,
  expiresAt: UnixMs,
  worksOn: WorksOn,
})

/** What an invite of somebody else says, before anything is done with it. */
export const InvitePreview = Type.Object({
  account: Account,
  /** As shown for a contact, or what their profile says; absent while nothing is known. */
  name: Type.Optional(Type.String()),
  expiresAt: UnixMs,
  worksOn: WorksOn,
  /** Addresses of the push nodes through which they are reached. */
  pushNodes: Type.Array(Type.String()),
  /** Why it cannot be followed. */
  problem: Type.Optional(Type.Union([Type.Literal('expired'), Type.Literal('own'), Type.Literal('blocked')])),
})

const Nothing = Type.Null()

interface Rest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Path parameters in braces name properties of `params`; GET takes the others from the query, the rest from the body. */
  readonly path: string
}

interface Operation<K extends 'command' | 'query' | 'stream', P extends TSchema, R extends TSchema> {
  readonly kind: K
  readonly summary: string
  readonly params: P
  readonly result: R
  readonly rest?: Rest
}

const operationOf =
  <K extends 'command' | 'query' | 'stream'>(kind: K) =>
  <P extends TProperties, R extends TSchema>(
    summary: string,
    params: P,
    result: R,
    rest?: Rest,
  ): Operation<K, ReturnType<typeof Type.Object<P>>, R> => ({
    kind,
    summary,
    params: Type.Object(params, { additionalProperties: false }),
    result,
    ...(rest === undefined ? {} : { rest }),
  })

const query = operationOf('query')
const command = operationOf('command')
/** Its `result` is one item; items come as they are found, and then the end. */
const stream = operationOf('stream')

const subject = Type.Optional(text(500, 'Only what is about this; empty: only what is about nothing in particular'))

export const operations = {
  'me.get': query('Your account and device', {}, Me, { method: 'GET', path: '/v1/me' }),
  'me.update': command(
    'Changes your settings',
    { settings: Type.Partial(Settings, { additionalProperties: false }) },
    Me,
    {
      method: 'PATCH',
      path: '/v1/me',
    },
  ),
  'me.recoveryPhrase': command(
    'Shows the words that restore the account: 24, or the 12 that came from OpenBazaar',
    {},
    Type.Object({ phrase: Type.String() }),
    {
      method: 'POST',
      path: '/v1/me/recovery-phrase',
    },
  ),
  'me.confirmRecoveryPhrase': command('Notes that the words were written down', {}, Me, {
    method: 'POST',
    path: '/v1/me/recovery-phrase/confirm',
  }),
  'me.setPassphrase': command(
    'Seals the keys on disk with a passphrase, changes it, or removes it (empty)',
    { passphrase: Type.String({ maxLength: 1_024 }), current: Type.Optional(Type.String({ maxLength: 1_024 })) },
    Me,
    { method: 'POST', path: '/v1/me/passphrase' },
  ),

  'me.sign': command(
    'Signs a text with the key of your account',
    { text: text(100_000) },
    Type.Object({ signature: Type.String(), publicKey: Type.String() }),
    { method: 'POST', path: '/v1/me/signatures' },
  ),
  'me.verify': command(
    'Whether the key made the signature over exactly this text; hex',
    {
      text: text(100_000),
      signature: Type.String({ maxLength: 256 }),
      publicKey: Type.String({ maxLength: 256 }),
    },
    Type.Object({ isValid: Type.Boolean() }),
    { method: 'POST', path: '/v1/me/signatures/verify' },
  ),

  'profile.get': query('Your profile', {}, OwnProfile, { method: 'GET', path: '/v1/profile' }),
  'profile.update': command(
    'Changes your profile and tells those who may see it',
    {
      name: Type.Optional(text(40)),
      handle: Type.Optional(text(40)),
      location: Type.Optional(text(40)),
      about: Type.Optional(text(10_000)),
      /** Replaces all of it. */
      extra: Type.Optional(Type.Record(Type.String(), Type.String())),
      visibility: Type.Optional(Visibility),
    },
    OwnProfile,
    { method: 'PATCH', path: '/v1/profile' },
  ),
  'profile.setAvatar': command(
    'Sets your picture: PNG, JPEG or WebP, at most 512 pixels a side and 64 KiB, in base64; empty removes it',
    { image: Type.String({ maxLength: 90_000 }) },
    OwnProfile,
    { method: 'PUT', path: '/v1/profile/avatar' },
  ),
  'profiles.cached': query(
    'What is known here of these people, at once; each id is answered once',
    { ids: Type.Array(PersonId, { maxItems: 10_000 }) },
    Type.Array(ProfileAnswer),
    { method: 'POST', path: '/v1/profiles/cached' },
  ),
  'profiles.fetch': stream(
    'Profiles of these people: from here at once, the others as they are found; each id is answered exactly once',
    {
      ids: Type.Array(PersonId, { maxItems: 10_000 }),
      /** What is on the screen goes first. */
      priority: Type.Optional(
        Type.Union([Type.Literal('visible'), Type.Literal('soon'), Type.Literal('background')], { default: 'soon' }),
      ),
    },
    ProfileAnswer,
    { method: 'POST', path: '/v1/profiles/fetch' },
  ),
  'profiles.history': query(
    'The versions of a profile that were seen here, the newest first',
    { account: Account },
    Type.Array(Profile),
    { method: 'GET', path: '/v1/profiles/{account}/history' },
  ),
  'avatars.fetch': command(
    'A picture by its CID, from here or from those who have it; base64',
    { cid: AvatarCid },
    Type.Object({
      mediaType: Type.Union([Type.Literal('image/png'), Type.Literal('image/jpeg'), Type.Literal('image/webp')]),
      image: Type.String(),
    }),
  ),
  'presence.set': command(
    'Says that you are at it, or away; holds for three minutes',
    { status: Type.Union([Type.Literal('online'), Type.Literal('away')]) },
    Nothing,
    { method: 'PUT', path: '/v1/presence' },
  ),

  'app.get': query(
    'A small value that an application keeps with the account',
    { key: Type.String({ minLength: 1, maxLength: 64 }) },
    Type.Object({ value: Type.Union([Type.String(), Type.Null()]) }),
    { method: 'GET', path: '/v1/app/{key}' },
  ),
  'app.set': command(
    'Keeps a small value with the account, sealed like the rest; null removes it',
    {
      key: Type.String({ minLength: 1, maxLength: 64 }),
      value: Type.Union([Type.String({ maxLength: 262_144 }), Type.Null()]),
    },
    Nothing,
    { method: 'PUT', path: '/v1/app/{key}' },
  ),

  'invites.create': command('Makes a link that lets one or more people reach you', {}, Invite, {
    method: 'POST',
    path: '/v1/invites',
  }),
  'invites.list': query('Invites that still work', {}, Type.Array(Invite), { method: 'GET', path: '/v1/invites' }),
  'invites.revoke': command('Makes an invite useless', { id: Type.String({ maxLength: 64 }) }, Nothing, {
    method: 'DELETE',
    path: '/v1/invites/{id}',
  }),

  'invites.preview': query(
    'What the invite of somebody else says: whose it is, where it works, which push nodes they use',
    { link: Type.String({ maxLength: 2_048 }) },
    InvitePreview,
    { method: 'POST', path: '/v1/invites/preview' },
  ),

  'contacts.add': command(
    'Asks the person behind an invite link for contact',
    {
      link: Type.String({ maxLength: 2_048 }),
      text: Type.Optional(text(1_000)),
      /** Keeps the push nodes in the invite as own ones. */
      usePushNodes: Type.Optional(Type.Boolean({ default: false })),
    },
    Conversation,
    { method: 'POST', path: '/v1/contacts' },
  ),
  'contacts.list': query('People you know', {}, Type.Array(Contact), { method: 'GET', path: '/v1/contacts' }),
  'contacts.rename': command(
    'Gives a contact a name of your own; empty removes it',
    { account: Account, name: text(64) },
    Contact,
    {
      method: 'PATCH',
      path: '/v1/contacts/{account}',
    },
  ),
  'contacts.safetyNumber': query(
    'The 60 digits that both sides compare',
    { account: Account },
    Type.Object({ digits: Type.String({ pattern: '^[0-9]{60}$' }), isVerified: Type.Boolean() }),
    { method: 'GET', path: '/v1/contacts/{account}/safety-number' },
  ),
  'contacts.verify': command(
    'Notes whether the safety number was compared',
    { account: Account, isVerified: Type.Boolean() },
    Contact,
    { method: 'PUT', path: '/v1/contacts/{account}/verified' },
  ),

  'requests.list': query('People who ask for contact', {}, Type.Array(ContactRequest), {
    method: 'GET',
    path: '/v1/requests',
  }),
  'requests.accept': command('Accepts; the conversation opens', { id: Type.String({ maxLength: 64 }) }, Conversation, {
    method: 'POST',
    path: '/v1/requests/{id}/accept',
  }),
  'requests.decline': command('Declines silently', { id: Type.String({ maxLength: 64 }) }, Nothing, {
    method: 'POST',
    path: '/v1/requests/{id}/decline',
  }),

  'conversations.list': query('Conversations, the last changed first', {}, Type.Array(Conversation), {
    method: 'GET',
    path: '/v1/conversations',
  }),
  'conversations.read': command(
    'Marks everything up to a message (or all) as read',
    { conversation: ConversationId, upTo: Type.Optional(MessageId), subject },
    Nothing,
    { method: 'POST', path: '/v1/conversations/{conversation}/read' },
  ),
  'conversations.setDraft': command(
    'Keeps an unfinished text',
    { conversation: ConversationId, text: text(20_000) },
    Nothing,
    {
      method: 'PUT',
      path: '/v1/conversations/{conversation}/draft',
    },
  ),
  'conversations.typing': command(
    'Tells the others that you are typing',
    { conversation: ConversationId, subject },
    Nothing,
    { method: 'POST', path: '/v1/conversations/{conversation}/typing' },
  ),
  'conversations.clear': command(
    'Removes what was said so far from this device, for good; the others keep theirs',
    { conversation: ConversationId, subject },
    Nothing,
    { method: 'DELETE', path: '/v1/conversations/{conversation}/messages' },
  ),
  'discussions.list': query(
    'Conversations in which somebody said something about a subject (empty: about none), the last said first',
    { subject: text(500) },
    Type.Array(Discussion),
    { method: 'GET', path: '/v1/discussions' },
  ),
  'discussions.page': query(
    'What was said about a subject in all conversations together, the newest first',
    {
      subject: text(500),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
      before: Type.Optional(MessageId),
    },
    Type.Object({ messages: Type.Array(Message), hasBefore: Type.Boolean() }),
    { method: 'GET', path: '/v1/discussions/messages' },
  ),

  'messages.page': query(
    'A page of a conversation in display order. `before`/`after`: next to that message; `around`: it in the middle; none: the latest.',
    {
      conversation: ConversationId,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
      before: Type.Optional(MessageId),
      after: Type.Optional(MessageId),
      around: Type.Optional(MessageId),
      subject,
    },
    Type.Object({ messages: Type.Array(Message), hasBefore: Type.Boolean(), hasAfter: Type.Boolean() }),
    { method: 'GET', path: '/v1/conversations/{conversation}/messages' },
  ),
  'messages.send': command(
    'Sends a text; answers at once, the network comes later',
    {
      conversation: ConversationId,
      text: Type.String({ minLength: 1, maxLength: 40_000 }),
      replyTo: Type.Optional(MessageId),
      /** What it is about; empty is as if it were not given. */
      subject: Type.Optional(text(500)),
      /** Of one saying to several people: the same for each of them. */
      copy: Type.Optional(CopyId),
    },
    Message,
    { method: 'POST', path: '/v1/conversations/{conversation}/messages' },
  ),
  'messages.find': query(
    'Messages by id, or by the id of their copies; those that are not here are left out',
    { ids: Type.Optional(Type.Array(MessageId, { maxItems: 200 })), copy: Type.Optional(CopyId) },
    Type.Array(Message),
    { method: 'POST', path: '/v1/messages/find' },
  ),
  'messages.hide': command(
    'Removes a message from this device, for good; the others keep theirs',
    { conversation: ConversationId, message: MessageId },
    Nothing,
    { method: 'DELETE', path: '/v1/conversations/{conversation}/messages/{message}/here' },
  ),
  'messages.edit': command(
    'Replaces the text of your message',
    { conversation: ConversationId, message: MessageId, text: Type.String({ minLength: 1, maxLength: 40_000 }) },
    Message,
    { method: 'PATCH', path: '/v1/conversations/{conversation}/messages/{message}' },
  ),
  'messages.delete': command(
    'Deletes your message for everybody',
    { conversation: ConversationId, message: MessageId },
    Message,
    {
      method: 'DELETE',
      path: '/v1/conversations/{conversation}/messages/{message}',
    },
  ),
  'messages.react': command(
    'Adds or takes back one of your reactions',
    {
      conversation: ConversationId,
      message: MessageId,
      emoji: Type.String({ minLength: 1, maxLength: 32 }),
      isOn: Type.Boolean(),
    },
    Message,
    { method: 'PUT', path: '/v1/conversations/{conversation}/messages/{message}/reactions' },
  ),
  'messages.retry': command(
    'Sends a failed message again',
    { conversation: ConversationId, message: MessageId },
    Message,
    {
      method: 'POST',
      path: '/v1/conversations/{conversation}/messages/{message}/retry',
    },
  ),

  'blocks.add': command('Blocks an account at once', { account: Account }, Nothing, {
    method: 'POST',
    path: '/v1/blocks/{account}',
  }),
  'blocks.list': query('Who is blocked, the newest first', {}, Type.Array(Block), {
    method: 'GET',
    path: '/v1/blocks',
  }),
  'blocks.remove': command('Unblocks an account', { account: Account }, Nothing, {
    method: 'DELETE',
    path: '/v1/blocks/{account}',
  }),

  'network.get': query('How you are connected', {}, Network, { method: 'GET', path: '/v1/network' }),
  'network.change': command('Chooses who may reach this node; holds from now on', { reach: Reach }, Network, {
    method: 'PATCH',
    path: '/v1/network',
  }),
  'network.test': command('Has it tested now whether others can reach this node', {}, Reachability, {
    method: 'POST',
    path: '/v1/network/test',
  }),
  'pushNodes.add': command(
    'Uses a push node from now on; a multiaddr that ends in /p2p/ID, or the link that it printed',
    { address: Type.String({ maxLength: 1_024 }) },
    Network,
    { method: 'POST', path: '/v1/push-nodes' },
  ),
  'pushNodes.test': command(
    'Tries a push node without using it',
    { address: Type.String({ maxLength: 1_024 }) },
    PushNodeTest,
    { method: 'POST', path: '/v1/push-nodes/test' },
  ),
  'pushNodes.remove': command(
    'Uses a push node no longer',
    { peerId: Type.String({ minLength: 1, maxLength: 128 }) },
    Network,
    { method: 'DELETE', path: '/v1/push-nodes/{peerId}' },
  ),
} as const

export const events = {
  /** Messages that are new or look different now; also the own ones as their state moves on. */
  'messages.changed': Type.Object({ conversation: ConversationId, messages: Type.Array(Message) }),
  /** Somebody is typing now; holds for a few seconds. */
  'typing.noticed': Type.Object({ conversation: ConversationId, account: Account, subject: Type.String() }),
  /** Newer profiles came in, or one's own changed. */
  'profiles.changed': Type.Object({ profiles: Type.Array(Profile) }),
} as const

export type Operations = typeof operations
export type OperationName = keyof Operations
export type QueryName = { [N in OperationName]: Operations[N]['kind'] extends 'query' ? N : never }[OperationName]
export type StreamName = { [N in OperationName]: Operations[N]['kind'] extends 'stream' ? N : never }[OperationName]
export type CommandName = Exclude<OperationName, QueryName | StreamName>
/** What is called, and answers once. */
export type CallName = QueryName | CommandName
export type Params<N extends OperationName> = Static<Operations[N]['params']>
export type ResultOf<N extends OperationName> = Static<Operations[N]['result']>
export type EventName = keyof typeof events
export type EventOf<E extends EventName> = Static<(typeof events)[E]>

export type Message = Static<typeof Message>
export type MessageState = Static<typeof MessageState>
export type Content = Static<typeof Content>
export type Conversation = Static<typeof Conversation>
export type ContactRequest = Static<typeof ContactRequest>
export type Contact = Static<typeof Contact>
export type Block = Static<typeof Block>
export type Discussion = Static<typeof Discussion>
export type Presence = Static<typeof Presence>
export type Profile = Static<typeof Profile>
export type OwnProfile = Static<typeof OwnProfile>
export type ProfileAnswer = Static<typeof ProfileAnswer>
export type Visibility = Static<typeof Visibility>
export type Settings = Static<typeof Settings>
export type Me = Static<typeof Me>
export type Network = Static<typeof Network>
export type Waiting = Static<typeof Waiting>
export type Reach = Static<typeof Reach>
export type Reachability = Static<typeof Reachability>
export type PortMapping = Static<typeof PortMapping>
export type PushNode = Static<typeof PushNode>
export type OfferedPushNode = Static<typeof OfferedPushNode>
export type PushNodeTest = Static<typeof PushNodeTest>
export type WorksOn = Static<typeof WorksOn>
export type InvitePreview = Static<typeof InvitePreview>
export type Invite = Static<typeof Invite>
