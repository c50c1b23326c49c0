import { createMemoryStore } from '@parley/adapter-memory'
import {
  commitChange,
  CONTACT_WELCOME,
  createGroup,
  DAY_MS,
  encodeContactWelcome,
  groupInfo,
  parseBase64url,
  sealOuter,
  sealTo,
  verifyKeyPackage,
  type Group,
} from '@parley/core'
import { describe, expect, it } from 'vitest'
import { prepareBundle } from '../account/bundle.ts'
import { newGroupId } from '../conversation/epochs.ts'
import { headEpochOf } from '../conversation/seal.ts'
import { PortError } from '../ports/port-error.ts'
import { contactByAccount, pendingRequests, saveRequest, trimRequests } from '../store/contacts.ts'
import { befriend, carry, createPair, createTestNode, type TestNode } from '../testing/node.ts'
import { startGroup } from './groups.ts'

const texts = (node: TestNode, conversation: string) =>
  node.messages(conversation).map(({ content }) => (content.type === 'text' ? content.text : content.type))
const say = (node: TestNode, conversation: string, text: string) => node.say(conversation, { type: 'text', text })
const groups = ({ context }: TestNode) => context.store.all('SELECT DISTINCT group_id FROM epochs').length

async function bundleOf({ context, clock }: TestNode) {
  const made = await prepareBundle(context, { addresses: [], now: clock.now(), hasOneTimeKeyPackage: true })
  context.store.transaction(() => made.save())
  return made.bundle
}

/** A commit on the newest epoch of `node`, as its owner could make it with another program, in its envelope. */
async function forgeCommit(node: TestNode, conversation: string, newcomer: TestNode) {
  const { context, clock } = node
  const { epoch, group } = headEpochOf(context, conversation)
  const { keyPackages } = await bundleOf(newcomer)
  const [bytes = new Uint8Array(0)] = keyPackages
  const keyPackage = await verifyKeyPackage(context.mls, bytes, clock.now())
  if (!keyPackage.ok) throw new Error(keyPackage.reason)
  const committed = await commitChange(context.mls, group, { add: [keyPackage.value], remove: [] }, new Uint8Array(0))
  if (!committed.ok) throw new Error(committed.reason)
  const payload = { kind: 'mls', body: committed.value.commit } as const
  const envelope = sealOuter(
    context.crypto,
    { key: epoch.keys.outerKey, mailboxSecret: epoch.keys.mailboxSecret, nonce: context.random(24) },
    payload,
  )
  if (envelope === undefined) throw new Error('a commit fits')
  return envelope
}

describe('the group of two', () => {
  it('[CNV-2] [CNV-3] is the same for both from the first message on, and has nobody else in it', async () => {
    const { alice, bob, conversation } = await createPair()
    const infos = [alice, bob].map((node) => groupInfo(headEpochOf(node.context, conversation).group))
    expect(infos[0]?.confirmationTag).toEqual(infos[1]?.confirmationTag)
    expect(infos.map(({ members }) => members.length)).toEqual([2, 2])
    await say(bob, conversation, 'hello')
    await carry(bob, alice)
    expect(texts(alice, conversation)).toEqual(['hello'])
  })

  it('[CNV-7] a commit that lets a third person in is acknowledged and ignored, and the talk goes on without it', async () => {
    const { clock, alice, bob, conversation } = await createPair()
    const carol = await createTestNode(clock, 9)
    const before = headEpochOf(alice.context, conversation).epoch.id
    expect(await alice.receive(bob, await forgeCommit(bob, conversation, carol))).toEqual({ type: 'acknowledge' })
    expect(headEpochOf(alice.context, conversation).epoch.id).toBe(before)
    await say(alice, conversation, 'just us')
    await carry(alice, bob)
    expect(texts(bob, conversation)).toEqual(['just us'])
  })

  it('[CNV-2] a Welcome is joined from contacts only, and a second time changes nothing', async () => {
    const { clock, alice, bob, conversation } = await createPair()
    const stranger = await createTestNode(clock, 9)
    const theirs = await bundleOf(alice)
    const welcome = async (from: TestNode, to: string) => {
      const { context } = from
      await context.turns.run('command', () =>
        startGroup(context, to, theirs, { now: clock.now(), judgedAt: clock.now() }),
      )
      return from.take(alice.context.self.peerId)
    }
    const known = groups(alice)
    const another = await befriend(stranger, bob)
    for (const bytes of await welcome(stranger, another)) {
      expect(await alice.receive(stranger, bytes)).toEqual({ type: 'acknowledge' })
    }
    const account = stranger.context.self.account
    expect([groups(alice), contactByAccount(alice.context.store, account)]).toEqual([known, undefined])
    for (const bytes of await welcome(bob, conversation)) {
      for (let turn = 0; turn < 2; turn++) expect(await alice.receive(bob, bytes)).toEqual({ type: 'acknowledge' })
    }
    expect(groups(alice)).toBe(known + 1)
  })

  it.each([
    ['has a third person in it', 0, true],
    ['leaves the next one no room', 2 ** 47, false],
  ])('[CNV-2] [CNV-11] a group that %s is not joined', async (_what, aheadMs, hasThird) => {
    const { clock, alice, bob, conversation } = await createPair()
    const carol = await createTestNode(clock, 9)
    const theirs = await bundleOf(alice)
    const { context } = bob
    const { self, mls } = context
    const groupId = newGroupId([], context.random, clock.now() + aheadMs)
    const add = []
    for (const bundle of hasThird ? [theirs, await bundleOf(carol)] : [theirs]) {
      const keyPackage = await verifyKeyPackage(mls, bundle.keyPackages[0] ?? new Uint8Array(0), clock.now())
      if (keyPackage.ok) add.push(keyPackage.value)
    }
    const made = await createGroup(mls, self.signer, groupId, clock.now())
    const committed = await commitChange(mls, made, { add, remove: [] }, new Uint8Array(0))
    const welcome = committed.ok ? committed.value.welcome : undefined
    if (welcome === undefined) throw new Error('a welcome')
    const { bytes: bundle } = await bundleOf(bob)
    const body = encodeContactWelcome({
      conversation: parseBase64url(conversation) ?? welcome,
      groupId,
      welcome,
      bundle,
    })
    const sender = { deviceSeed: self.deviceSeed, certificate: self.certificate.bytes }
    const times = { now: clock.now(), expiresAt: clock.now() + DAY_MS }
    const sealed = await sealTo(context, theirs, sender, { type: CONTACT_WELCOME, body, ...times })
    if (!sealed.ok) throw new Error(sealed.reason)
    const known = groups(alice)
    expect(await alice.receive(bob, sealed.value)).toEqual({ type: 'acknowledge' })
    expect([groups(alice), alice.logged().at(-1)]).toEqual([
      known,
      'welcome ignored: it does not fit a key package of ours',
    ])
  })

  it('[CNV-3] a commit that fails leaves keys and log as they were; nothing sealed with them left the device', async () => {
    const disk = { isFull: false }
    const store = createMemoryStore({
      beforeCommit() {
        if (disk.isFull) throw new PortError('STORE_FULL', 'no space', true)
      },
    })
    const { clock, bob: friend } = await createPair(5)
    const alice = await createTestNode(clock, 1, store)
    const conversation = await befriend(alice, friend)
    const keysOf = (group: Group) => JSON.stringify(group.state.secretTree)
    const before = keysOf(headEpochOf(alice.context, conversation).group)
    disk.isFull = true
    await expect(say(alice, conversation, 'lost')).rejects.toThrow(PortError)
    expect([keysOf(headEpochOf(alice.context, conversation).group), alice.messages(conversation)]).toEqual([before, []])
    disk.isFull = false
    await say(alice, conversation, 'kept')
    expect(await carry(alice, friend)).toEqual([{ type: 'acknowledge' }])
    expect(texts(friend, conversation)).toEqual(['kept'])
  })

  it('[KEY-7] secrets that a step used up are zeroed when it is durable, and kept when it failed', async () => {
    const { alice } = await createPair()
    const { conversations, turns } = alice.context
    const secret = new Uint8Array(4).fill(9)
    const use = (isPoisoned: boolean) =>
      turns.run('input', () => {
        conversations.stageErasure([secret])
        return () => {
          if (isPoisoned) throw new Error('poison')
        }
      })
    await expect(use(true)).rejects.toThrow('poison')
    expect([...secret]).toEqual([9, 9, 9, 9])
    await use(false)
    expect([...secret]).toEqual([0, 0, 0, 0])
  })
})

describe('requests', () => {
  it('[FST-22] the newest 200 wait, one for each account; the declined do not count', async () => {
    const { alice } = await createPair()
    const { store } = alice.context
    const request = (account: string, receivedAt: number, isDeclined = false) =>
      saveRequest(store, {
        id: `${account} ${receivedAt}`,
        account,
        peerId: account,
        name: '',
        textSealed: new Uint8Array(0),
        bundle: new Uint8Array(0),
        isDeclined,
        receivedAt,
      })
    request('declined', 0, true)
    for (let index = 0; index < 250; index++) request(`a${index}`, index + 1)
    request('a249', 999)
    trimRequests(store, 200)
    const waiting = pendingRequests(store)
    expect([waiting.length, waiting[0]?.id, waiting.at(-1)?.account]).toEqual([200, 'a249 999', 'a50'])
    expect(store.all("SELECT 1 FROM requests WHERE account = 'declined'")).toHaveLength(1)
  })
})
