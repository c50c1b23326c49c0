/** An engine without its door: the real services over a memory store, reached directly, whose envelopes the test carries. */
import {
  createMemoryLog,
  createMemoryNetworkHub,
  createMemoryStore,
  createTestClock,
  seededRandom,
} from '@parley/adapter-memory'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import {
  authenticateDeviceCertificate,
  directConversationId,
  equalBytes,
  type Control,
  type MlsContext,
  type Payload,
  type Saying,
} from '@parley/core'
import { prepareBundle } from '../account/bundle.ts'
import { openSelf } from '../account/self.ts'
import type { Message } from '../api/schema.ts'
import { emptyConversation, insertConversation } from '../contact/groups.ts'
import { activate, receiveSealed } from '../contact/requests.ts'
import type { Context } from '../context.ts'
import { ConversationCache } from '../conversation/cache.ts'
import { compose } from '../conversation/compose.ts'
import { receiveOuter, writeReceived, type Outcome } from '../conversation/receive.ts'
import { headEpochOf, post, sealControl, sealPayload, sealSelfUpdate } from '../conversation/seal.ts'
import { viewEntries } from '../conversation/view.ts'
import { Sessions } from '../links/sessions.ts'
import { migrate } from '../store/schema.ts'
import { saveContact } from '../store/contacts.ts'
import { saveDevice } from '../store/devices.ts'
import { tilesBefore } from '../store/entries.ts'
import { deleteOutbox, outboxAfter } from '../store/outbox.ts'
import { SettingsTable } from '../store/settings.ts'
import { Turns } from '../turn/turns.ts'
import { openVault } from '../vault/vault.ts'

export type TestClock = ReturnType<typeof createTestClock>

const crypto = await createNodeCrypto()

export interface TestNode {
  readonly context: Context
  readonly clock: TestClock
  readonly logged: () => readonly string[]
  /** Controls that arrived. */
  readonly controls: Control[]
  /** Accounts that were seen typing, with what about. */
  readonly typing: string[]
  readonly say: (conversation: string, saying: Saying) => Promise<Message['id']>
  /** Seals any payload, as a member of a later version or of ill will would. */
  readonly seal: (conversation: string, payload: Payload) => Promise<void>
  readonly update: (conversation: string) => Promise<void>
  readonly control: (conversation: string, control: Control) => Uint8Array
  /** Takes everything that waits for `peerId` out of the outbox. */
  readonly take: (peerId: string) => readonly Uint8Array[]
  readonly receive: (from: TestNode, envelope: Uint8Array) => Promise<Outcome>
  readonly messages: (conversation: string) => readonly Message[]
}

/** `seed` decides every key. */
export async function createTestNode(clock: TestClock, seed: number, store = createMemoryStore()): Promise<TestNode> {
  const random = seededRandom(seed)
  migrate(store)
  const vault = await openVault({ store, crypto, random }, undefined)
  const self = await openSelf({ store, vault, crypto, random }, clock.now())
  const settings = SettingsTable.open(store, { name: `person ${seed}`, createdAt: clock.now() })
  const mls: MlsContext = {
    crypto,
    random,
    authenticate: async (credential, key) => {
      const certificate = await authenticateDeviceCertificate(crypto, credential)
      return certificate.ok && equalBytes(certificate.value.deviceKey, key)
    },
  }
  const conversations = new ConversationCache(store, vault, mls, self.account)
  const failures: unknown[] = []
  const turns = new Turns({
    store,
    stage: conversations,
    published: () => undefined,
    failed: (error) => failures.push(error),
  })
  const network = createMemoryNetworkHub({ clock }).createNetwork(self.peerId)
  const ignore = () => undefined
  const settled = () => Promise.resolve()
  const sessions = new Sessions(() => context, network, {
    opened: ignore,
    closed: ignore,
    networkChanged: ignore,
    woken: ignore,
    pushNodesChanged: ignore,
    mayAskDialBack: () => false,
    localPeerFound: ignore,
    receive: async () => ({ type: 'nothing' }),
    acknowledged: settled,
    refused: async () => 'settled' as const,
    liveRefused: ignore,
    exchanged: ignore,
    drained: ignore,
    profileHeard: ignore,
    bundleWanted: async () => undefined,
    bundleReceived: async () => true,
  })
  const log = createMemoryLog()
  const context: Context = {
    store,
    clock,
    random,
    crypto,
    log,
    vault,
    self,
    mls,
    settings,
    conversations,
    turns,
    sessions,
    breathe: () => Promise.resolve(),
  }
  const controls: Control[] = []
  const typing: string[] = []
  const receiver = {
    owes: ignore,
    received: ignore,
    settled: ignore,
    typing: (_conversation: string, account: string, subject: string) => typing.push(`${account} ${subject}`.trim()),
    control: (_conversation: string, _origin: unknown, control: Control) => controls.push(control),
  }
  const postSealed = (conversation: string, seal: () => Promise<Parameters<typeof post>[2]>) =>
    turns.run('command', async () => {
      const sealed = await seal()
      return (commit) =>
        post(context, commit, sealed, { kind: 'content', conversation, message: undefined, createdAt: clock.now() })
    })
  return {
    context,
    clock,
    logged: () => log.entries.map(({ message, fields }) => `${message} ${String(fields['reason'] ?? '')}`.trim()),
    controls,
    typing,
    say: async (conversation, saying) => {
      const { id } = await turns.run('command', () => compose(context, conversation, saying, clock.now()))
      return Buffer.from(id).toString('hex')
    },
    seal: (conversation, payload) =>
      postSealed(conversation, () => sealPayload(context, conversation, payload, clock.now())),
    update: (conversation) =>
      postSealed(conversation, async () => [await sealSelfUpdate(context, conversation, clock.now())]),
    control: (conversation, control) => sealControl(context, headEpochOf(context, conversation).epoch, control),
    take(peerId) {
      const rows = outboxAfter(store, peerId, 0, 10_000)
      for (const { seq } of rows) deleteOutbox(store, seq)
      return rows.map(({ bytes }) => bytes)
    },
    receive: (from, envelope) => {
      const { account, peerId } = from.context.self
      return turns.run('input', async () =>
        writeReceived(
          envelope[0] === 2
            ? await receiveSealed(context, { activated: ignore }, envelope, clock.now())
            : await receiveOuter(context, receiver, { account, peerId }, envelope, clock.now()),
        ),
      )
    },
    messages: (conversation) => viewEntries(context, tilesBefore(store, conversation, undefined, 1_000).toReversed()),
  }
}

/** Everything that waits in `from` for `to`, received there in order. */
export async function carry(from: TestNode, to: TestNode): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const envelope of from.take(to.context.self.peerId)) outcomes.push(await to.receive(from, envelope))
  return outcomes
}

/** Two people who know each other; the first made the group. */
export async function createPair(
  seed = 1,
): Promise<{ clock: TestClock; alice: TestNode; bob: TestNode; conversation: string }> {
  const clock = createTestClock()
  const alice = await createTestNode(clock, seed)
  const bob = await createTestNode(clock, seed + 1)
  const conversation = await befriend(alice, bob)
  return { clock, alice, bob, conversation }
}

/** `alice` makes the group, as if she had accepted a request of `bob`. */
export async function befriend(alice: TestNode, bob: TestNode): Promise<string> {
  const conversation = directConversationId(alice.context.self.account, bob.context.self.account)
  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const)
    await expectContact(one, other, conversation)
  const now = alice.clock.now()
  const { bundle } = await bundleOf(bob)
  await alice.context.turns.run('command', async () => {
    const contact = contactOf(bob, conversation)
    return activate(alice.context, { activated: () => undefined }, { contact, bundle, now, judgedAt: now })
  })
  await carry(alice, bob)
  await carry(bob, alice)
  return conversation
}

async function bundleOf(node: TestNode) {
  const { context, clock } = node
  const made = await prepareBundle(context, { addresses: [], now: clock.now(), hasOneTimeKeyPackage: true })
  context.store.transaction(() => made.save())
  return made
}

const contactOf = (other: TestNode, conversation: string) => ({
  account: other.context.self.account,
  conversation,
  status: 'invited' as const,
  claimedName: '',
  givenName: '',
  isVerified: false,
  inviteSealed: undefined,
  isRequested: true,
  createdAt: 0,
})

async function expectContact({ context, clock }: TestNode, other: TestNode, conversation: string): Promise<void> {
  const { account, peerId } = other.context.self
  await context.turns.run('command', () => {
    context.conversations.set(emptyConversation(context, conversation, account))
    return () => {
      insertConversation(context, conversation, account, clock.now())
      saveContact(context.store, contactOf(other, conversation))
      const device = {
        peerId,
        account,
        addresses: [],
        bundle: undefined,
        bundleSequence: 0,
        inception: undefined,
        addedAt: 0,
      }
      saveDevice(context.store, { ...device, lastHeardAt: undefined })
    }
  })
}
