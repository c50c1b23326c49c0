import {
  envelopeTag,
  DAY_MS,
  EPOCH_RETENTION_MS,
  EPOCHS_RETAINED_MAX,
  EPOCHS_RETAINED_MIN_DEPTH,
  sha256,
  toHex,
  utf8,
} from '@parley/core'
import { seededRandom } from '@parley/adapter-memory'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { currentHead, epochByTag, isPlausibleGroupId, isUpdateDue, newGroupId, settle } from './epochs.ts'
import { withEpoch, type ConversationState, type Epoch } from './state.ts'

const NOW = 1_767_225_600_000
const idOf = (name: string) => toHex(sha256(utf8(name)))
const keysOf = (name: string) => ({
  outerKey: sha256(utf8(`outer ${name}`)),
  mailboxSecret: sha256(utf8(`mailbox ${name}`)),
})
const groupId = (startedAt: number, name = 'g') =>
  startedAt.toString(16).padStart(12, '0') + toHex(sha256(utf8(name))).slice(12)

function epoch(name: string, changes: Partial<Epoch> = {}): Epoch {
  return {
    id: idOf(name),
    groupId: groupId(NOW),
    parent: undefined,
    committer: 'alice',
    class: 1,
    depth: 0,
    createdAt: NOW,
    messages: 0,
    keys: keysOf(name),
    group: undefined,
    ...changes,
  }
}
const child = (name: string, parent: Epoch, changes: Partial<Epoch> = {}) =>
  epoch(name, {
    parent: parent.id,
    depth: parent.depth + 1,
    groupId: parent.groupId,
    createdAt: parent.createdAt,
    ...changes,
  })

const stateOf = (epochs: readonly Epoch[]): ConversationState => ({
  id: 'conversation',
  account: 'bob',
  members: ['alice', 'bob'],
  heads: [],
  lastTime: undefined,
  updatedAt: 0,
  epochs: new Map(epochs.map((one) => [one.id, one])),
  headEpoch: undefined,
})
const headName = (state: ConversationState, names: readonly string[]) =>
  names.find((name) => idOf(name) === state.headEpoch)

describe('the epoch that counts', () => {
  it('[CNV-6] is the same in whatever order commits and groups became known', () => {
    const root = epoch('root')
    const [a, b] = [child('a', root), child('b', root, { committer: 'bob' })]
    const later = epoch('later', { groupId: groupId(NOW + 5, 'x'), createdAt: NOW + 9 })
    const twin = epoch('twin', { groupId: groupId(NOW + 5, 'y'), createdAt: NOW + 1 })
    const all = [root, a, b, child('c', b), later, twin, child('d', twin, { committer: 'bob' })]
    fc.assert(
      fc.property(
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.array(fc.nat(1_000), { minLength: 7, maxLength: 7 }),
        (order, delays) => {
          const learned = order.map((one, index) => ({ ...one, createdAt: NOW + (delays[index] ?? 0) }))
          expect(currentHead(learned, ['alice', 'bob'])?.id).toBe(currentHead(all, ['alice', 'bob'])?.id)
        },
      ),
    )
  })

  it('[CNV-11] belongs to the group that was made last, as the group itself says', () => {
    const old = epoch('old', { groupId: groupId(NOW), createdAt: NOW + 50 })
    const young = epoch('young', { groupId: groupId(NOW + 1), createdAt: NOW + 2 })
    expect(headName(settle(stateOf([young, old]), NOW + 50), ['old', 'young'])).toBe('young')
  })

  it('[CNV-11] a new group counts more than every one before it, also under a clock that was set back', () => {
    const random = seededRandom(1)
    let known: Epoch[] = []
    for (const now of [NOW, NOW, NOW - 5_000, NOW + 9]) {
      const made = newGroupId(known, random, now)
      expect(isPlausibleGroupId(made)).toBe(true)
      const fresh = epoch(toHex(made), { groupId: toHex(made) })
      known = [fresh, ...known]
      expect(currentHead(known, ['alice', 'bob'])?.id).toBe(fresh.id)
    }
    const byAnother = epoch('lost everything', { groupId: toHex(newGroupId([], random, NOW + 20)) })
    expect(currentHead([...known, byAnother], ['alice', 'bob'])?.id).toBe(byAnother.id)
  })

  it('[CNV-11] no group leaves the next one without room, and a wrong clock is no reason to stay away', () => {
    const random = seededRandom(1)
    expect(isPlausibleGroupId(newGroupId([], random, NOW + 1_000 * DAY_MS))).toBe(true)
    expect(isPlausibleGroupId(newGroupId([], random, 2 ** 47 - 2))).toBe(true)
    expect(isPlausibleGroupId(newGroupId([], random, 2 ** 47 - 1))).toBe(false)
    const last = epoch('last', { groupId: 'f'.repeat(64) })
    expect(isPlausibleGroupId(newGroupId([last], random, NOW))).toBe(false)
    expect(isPlausibleGroupId(random(16))).toBe(false)
  })

  it('[CNV-8] the outcome of a fork does not change when its parent is forgotten', () => {
    for (const loser of ['b0', 'b1', 'b2', 'b3', 'b4']) {
      const root = epoch('root', { createdAt: NOW - 10 * DAY_MS })
      let state = settle(stateOf([root, child('a', root), child(loser, root, { committer: 'bob' })]), NOW)
      let tip = state.epochs.get(idOf('a'))
      for (let depth = 2; depth < 2 * EPOCHS_RETAINED_MIN_DEPTH && tip !== undefined; depth++) {
        tip = child(`n${depth}`, tip, { createdAt: NOW - 9 * DAY_MS + depth })
        state = settle(withEpoch(state, tip), NOW)
        expect(state.headEpoch).toBe(tip.id)
      }
      expect(state.epochs.has(root.id)).toBe(false)
    }
  })
})

describe('retained epochs', () => {
  const chain = (length: number, createdAt: (depth: number) => number) => {
    const epochs = [epoch('n0', { createdAt: createdAt(0) })]
    for (let depth = 1; depth < length; depth++) {
      const parent = epochs[depth - 1]
      if (parent !== undefined) epochs.push(child(`n${depth}`, parent, { createdAt: createdAt(depth) }))
    }
    return epochs
  }

  it('[CNV-8] are those of three days, the last sixteen of the group, and never more than 64', () => {
    const old = settle(stateOf(chain(30, () => NOW - EPOCH_RETENTION_MS)), NOW)
    expect(old.epochs.size).toBe(EPOCHS_RETAINED_MIN_DEPTH)
    const young = settle(stateOf(chain(30, () => NOW - EPOCH_RETENTION_MS + 1)), NOW)
    expect(young.epochs.size).toBe(30)
    const many = settle(stateOf(chain(100, (depth) => NOW - 100 + depth)), NOW)
    expect(many.epochs.size).toBe(EPOCHS_RETAINED_MAX)
    expect([old, young, many].map((state) => state.headEpoch)).toEqual([idOf('n29'), idOf('n29'), idOf('n99')])
  })

  it('[CNV-8] of another group go after three days', () => {
    const other = epoch('other', { groupId: groupId(NOW - 1), createdAt: NOW - EPOCH_RETENTION_MS })
    const state = settle(stateOf([other, epoch('now')]), NOW)
    expect([...state.epochs.keys()]).toEqual([idOf('now')])
  })
})

describe('self-updates', () => {
  const due = (epochs: readonly Epoch[], now: number) => isUpdateDue(settle(stateOf(epochs), now), 'bob', now)

  it('[CNV-9] are due a day after the own last one, however often the others update', () => {
    const root = epoch('root')
    const mine = child('mine', root, { committer: 'bob', createdAt: NOW + 1 })
    const theirs = child('theirs', mine, { createdAt: NOW + DAY_MS })
    expect(due([root, mine, theirs], NOW + DAY_MS)).toBe(false)
    expect(due([root, mine, theirs], NOW + 1 + DAY_MS)).toBe(true)
  })

  it('[CNV-9] are due a day after joining when there was none, and at once when the own one lost', () => {
    const root = epoch('root')
    const theirs = child('theirs', root, { createdAt: NOW + DAY_MS - 1 })
    expect([due([root], NOW + DAY_MS - 1), due([root, theirs], NOW + DAY_MS)]).toEqual([false, true])
    const lost = child('lost', root, { committer: 'bob', createdAt: NOW + DAY_MS })
    expect(due([root, theirs, lost], NOW + DAY_MS)).toBe(true)
  })

  it('[CNV-9] are due after 5,000 messages in one epoch', () => {
    expect([due([epoch('root', { messages: 4_999 })], NOW), due([epoch('root', { messages: 5_000 })], NOW)]).toEqual([
      false,
      true,
    ])
  })
})

describe('tags', () => {
  const state = stateOf([epoch('old'), epoch('new')])
  const nonce = new Uint8Array(24).fill(3)

  it('[ENV-2] find their epoch among all that are retained', () => {
    for (const name of ['old', 'new']) {
      const tag = envelopeTag(keysOf(name).mailboxSecret, nonce)
      expect(epochByTag(state, { tag, nonce })?.id).toBe(idOf(name))
    }
  })

  it('[ENV-2] of other epochs find nothing', () => {
    expect(epochByTag(state, { tag: envelopeTag(keysOf('other').mailboxSecret, nonce), nonce })).toBeUndefined()
    expect(epochByTag(state, { tag: new Uint8Array(16), nonce })).toBeUndefined()
  })
})
