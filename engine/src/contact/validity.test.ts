/** What waited, and clocks that were set: keys are judged at the time that says something about them. */
import { CLOCK_SKEW_MAX_MS, DAY_MS, encodeContactRequest, sealTo, CONTACT_REQUEST } from '@parley/core'
import { describe, expect, it } from 'vitest'
import { prepareBundle } from '../account/bundle.ts'
import { headEpochOf } from '../conversation/seal.ts'
import { contactByAccount, saveRequest } from '../store/contacts.ts'
import { deviceByPeer } from '../store/devices.ts'
import { createPair, createTestNode, type TestNode } from '../testing/node.ts'
import { acceptRequest, takeBundle } from './contacts.ts'
import { startGroup } from './groups.ts'

const noEvents = { activated: () => undefined }

async function bundleOf({ context }: TestNode, now: number, hasOneTimeKeyPackage = false) {
  const made = await prepareBundle(context, { addresses: [], now, hasOneTimeKeyPackage })
  context.store.transaction(() => made.save())
  return made.bundle
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  )
}

describe('a request that waits for an answer', () => {
  /** Bob's request waits at Alice's, as it came. */
  async function createWaiting() {
    const { clock, alice } = await createPair()
    const bob = await createTestNode(clock, 9)
    const bundle = await bundleOf(bob, clock.now(), true)
    const { account, peerId } = bob.context.self
    const { store } = alice.context
    const textSealed = alice.context.vault.seal('requests/one/text', new Uint8Array(0))
    const receivedAt = clock.now()
    store.transaction(() =>
      saveRequest(store, {
        id: 'one',
        account,
        peerId,
        name: 'Bob',
        textSealed,
        bundle: bundle.bytes,
        isDeclined: false,
        receivedAt,
      }),
    )
    const accept = (now: number) =>
      codeOf(alice.context.turns.run('command', () => acceptRequest(alice.context, noEvents, 'one', now)))
    return { alice, account, receivedAt, accept }
  }

  it.each([
    ['two days before it came', -2 * DAY_MS, 'done'],
    ['an hour before it came', -DAY_MS / 24, 'done'],
    ['three weeks later', 21 * DAY_MS, 'done'],
    ['after its keys were over', 40 * DAY_MS, 'REQUEST_EXPIRED'],
  ])('[FST-25] is accepted by a clock that shows %s as it should be', async (_when, offMs, outcome) => {
    const { alice, account, receivedAt, accept } = await createWaiting()
    expect(await accept(receivedAt + offMs)).toBe(outcome)
    const contact = contactByAccount(alice.context.store, account)
    expect(contact?.status).toBe(outcome === 'done' ? 'active' : undefined)
  })
})

describe('an envelope that waited almost for ever', () => {
  it('[FST-25] holds a Welcome that is joined, with a bundle that was a week old when it was sealed', async () => {
    const { clock, alice, bob, conversation } = await createPair()
    await bundleOf(alice, clock.now())
    await clock.run(6 * DAY_MS)
    const theirs = await bundleOf(bob, clock.now(), true)
    await alice.context.turns.run('command', () =>
      startGroup(alice.context, conversation, theirs, { now: clock.now(), judgedAt: clock.now() }),
    )
    const [welcome] = alice.take(bob.context.self.peerId)
    if (welcome === undefined) throw new Error('a Welcome')
    await clock.run(30 * DAY_MS - 1)
    const group = () => headEpochOf(bob.context, conversation).epoch.groupId
    const before = group()
    expect(await bob.receive(alice, welcome)).toEqual({ type: 'acknowledge' })
    expect(group()).not.toEqual(before)
  })

  it('[FST-25] a request of a contact whose key package is of no use is read and changes nothing', async () => {
    const { clock, alice, bob } = await createPair()
    const { self } = bob.context
    const ofOthers = await bundleOf(await createTestNode(clock, 9), clock.now(), true)
    const own = await bundleOf(bob, clock.now())
    const theirs = await bundleOf(alice, clock.now())
    const seal = async (bundle: Uint8Array) => {
      const body = encodeContactRequest({
        bundle,
        text: '',
        inviteId: new Uint8Array(16),
        inviteProof: new Uint8Array(32),
      })
      const times = { now: clock.now(), expiresAt: clock.now() + DAY_MS }
      const sender = { deviceSeed: self.deviceSeed, certificate: self.certificate.bytes }
      const sealed = await sealTo(bob.context, theirs, sender, { type: CONTACT_REQUEST, body, ...times })
      if (!sealed.ok) throw new Error(sealed.reason)
      return sealed.value
    }
    expect(await alice.receive(bob, await seal(ofOthers.bytes))).toEqual({ type: 'acknowledge' })
    await clock.run(29 * DAY_MS)
    const sealedLate = await seal(own.bytes)
    expect(await alice.receive(bob, sealedLate)).toEqual({ type: 'acknowledge' })
    expect(alice.logged()).toContain('request ignored: no usable key package')
  })
})

describe('own bundles', () => {
  it('[FST-26] follow each other, also when the one before has expired', async () => {
    const { clock, alice, bob } = await createPair()
    const first = await bundleOf(bob, clock.now())
    await clock.run(40 * DAY_MS)
    const second = await bundleOf(bob, clock.now())
    expect(second.sequence).toBeGreaterThan(first.sequence)
    expect(second.previous).toEqual(first.hash)
    const take = alice.context.turns.runAlone('input', () =>
      takeBundle(alice.context, bob.context.self, second.bytes, clock.now()),
    )
    expect(await take).toBe(true)
    expect(deviceByPeer(alice.context.store, bob.context.self.peerId)?.bundleSequence).toBe(second.sequence)
  })

  it('[FST-26] made while the clock was ahead are made anew, and follow each other', async () => {
    const { clock, bob } = await createPair()
    const now = clock.now()
    const ahead = await bundleOf(bob, now + 100 * DAY_MS)
    const right = await bundleOf(bob, now)
    expect(right.sequence).toBe(ahead.sequence + 1)
    expect(right.notAfter).toBeLessThan(now + 36 * DAY_MS)
    expect((await bundleOf(bob, now)).sequence).toBe(right.sequence)
  })

  it('[FST-26] are made by a clock that shows a time before the certificate, and are good in the true time', async () => {
    const { clock, alice, bob } = await createPair()
    const { notBefore } = bob.context.self.certificate
    const behind = await bundleOf(bob, notBefore - 3 * DAY_MS)
    expect((await bundleOf(bob, notBefore - DAY_MS)).sequence).toBe(behind.sequence)
    const take = alice.context.turns.runAlone('input', () =>
      takeBundle(alice.context, bob.context.self, behind.bytes, clock.now() + CLOCK_SKEW_MAX_MS),
    )
    expect(await take).toBe(true)
  })
})
