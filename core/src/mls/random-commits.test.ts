import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { describe, expect, test } from 'vitest'
import { toHex, utf8 } from '../base/bytes.ts'
import { createSeededRandom } from '../base/testing/noble-crypto.ts'
import { decodeGroup, encodeGroup, groupInfo, joinGroup } from './index.ts'
import { commit, createScene, exporter, guessWithoutPath, must, open, say } from './testing/scene.ts'
import type { Device } from './testing/scene.ts'
import type { Group } from './types.ts'

const COMMITS_PER_SEED = 50
const MEMBERS_MAX = 6
const crypto = await createNodeCrypto()

/** Random committers, removals, additions and renewals; gives how often leaves were added and removed. */
async function run(seed: number): Promise<{ added: number; removed: number }> {
  const random = createSeededRandom(seed)
  const scene = createScene(crypto, random)
  const below = (limit: number): number => ((random(4)[0] ?? 0) * 256 + (random(4)[0] ?? 0)) % limit
  const pool = await Promise.all(Array.from({ length: MEMBERS_MAX + 2 }, (_, index) => scene.device(`device ${index}`)))
  const [founder] = pool
  if (founder === undefined) throw new Error('no founder')
  let states = new Map<Device, Group>([[founder, (await scene.group(founder))(founder)]])
  const total = { added: 0, removed: 0 }
  for (let round = 0; round < COMMITS_PER_SEED; round++) {
    const present = [...states.keys()]
    const committer = present[below(present.length)]
    const group = committer && states.get(committer)
    if (!group) throw new Error('no committer')
    const { members, ownLeaf } = groupInfo(group)
    const remove = members.map(({ leaf }) => leaf).filter((leaf) => leaf !== ownLeaf && below(5) === 0)
    const absent = pool.filter((device) => !states.has(device))
    const newcomers = absent.filter(() => below(3) === 0).slice(0, MEMBERS_MAX - members.length + remove.length)
    const invited = await Promise.all(newcomers.map((device) => scene.invitable(device)))
    const made = await commit(committer, group, { add: invited.map(({ verified }) => verified), remove })
    const next = new Map([[committer, made.group]])
    for (const [device, state] of states) {
      if (device === committer) continue
      const opened = await open(device, state, made.commit)
      if (opened.type !== 'commit') throw new Error('not a commit')
      expect(opened.isSelfRemoved).toBe(remove.includes(groupInfo(state).ownLeaf))
      if (!opened.isSelfRemoved) next.set(device, opened.group)
      else {
        const guess = await guessWithoutPath(device, state, made.group)
        expect(guess, `seed ${seed}, commit ${round}`).not.toEqual(made.group.state.keySchedule.exporterSecret)
      }
    }
    for (const [index, device] of newcomers.entries()) {
      const own = invited[index]
      if (!own || !made.welcome) throw new Error('no welcome')
      next.set(device, must(await joinGroup(device.context, made.welcome, own.keyPackage, own.secrets)))
    }
    states = new Map()
    for (const [device, state] of next) states.set(device, must(decodeGroup(device.context, encodeGroup(state))))
    const secrets = await Promise.all([...states].map(async ([device, state]) => toHex(await exporter(device, state))))
    expect(new Set(secrets).size, `seed ${seed}, commit ${round}`).toBe(1)
    total.added += newcomers.length
    total.removed += remove.length
  }
  const [[speaker, state] = [founder, undefined]] = states
  if (state === undefined) throw new Error('nobody left')
  const { message } = await say(speaker, state, 'all here')
  for (const [device, own] of states) {
    if (device !== speaker) expect(await open(device, own, message)).toMatchObject({ plaintext: utf8('all here') })
  }
  return total
}

describe('random commits', () => {
  test.each([1, 2, 3, 4])('[MLS-19] mixed commits among up to six members converge, seed %i', async (seed) => {
    const { added, removed } = await run(seed)
    // the run did what it claims
    expect(added).toBeGreaterThan(10)
    expect(removed).toBeGreaterThan(10)
  })
})
