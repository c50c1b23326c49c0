import { decodeFrame } from '@parley/core'
import { describe, expect, it } from 'vitest'
import { tell } from './story.ts'
import { Breach } from './watch.ts'
import { createWorld } from './world.ts'

/** A story for each frame and each commit, a hundred of them: a minute of a processor that is not shared. */
const TIMEOUT_MS = 300_000
/** The other end may take half a minute to notice that nobody is there any more. */
const CRASH_PATIENCE_MS = 40_000

async function outcome(work: Promise<void>): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    if (error instanceof Breach) return error.message
    throw error
  }
}

/** Tells the story with one frame of an authenticated link lost. @returns the type of that frame, and what went wrong. */
async function tellWithout(lost: number) {
  let frames = 0
  let type: string | undefined
  const isDoomed = (_from: string, _to: string, bytes: Uint8Array) => {
    const frame = decodeFrame(bytes)
    if (frame?.type === 'auth' || ++frames !== lost) return false
    type = frame?.type
    return true
  }
  const world = await createWorld({ seed: 1, people: 2, isDoomed })
  return { failure: await outcome(tell(world, { patienceMs: 5_000 })), type, frames }
}

describe('one lost frame while the link stays up', () => {
  it('[DLV-4][SYN-2] is repaired within five seconds, whichever it is', { timeout: TIMEOUT_MS }, async () => {
    const { frames, failure } = await tellWithout(0)
    expect(failure).toBeUndefined()
    const types = new Set<string | undefined>()
    for (let lost = 1; lost <= frames; lost++) {
      const told = await tellWithout(lost)
      types.add(told.type)
      expect(told.failure, `frame ${lost} of ${frames}, ${told.type}`).toBeUndefined()
    }
    expect([...types].toSorted((a = '', b = '') => (a < b ? -1 : 1))).toEqual([
      'ack',
      'bundle',
      'bundle.get',
      'envelope',
      'presence',
      'profile',
      'profile.get',
    ])
  })
})

/** Tells the story with a power cut at one commit of one of the two. @returns what went wrong, and how many commits there were. */
async function tellWithCrash(who: 'alice' | 'bob', commit: number, isDurable: boolean) {
  const world = await createWorld({ seed: 1, people: 2 })
  let commitsBefore = 0
  let disk: { commits: number } | undefined
  const failure = await outcome(
    tell(world, {
      patienceMs: CRASH_PATIENCE_MS,
      prepared: (teller) => {
        const person = teller[who]
        disk = person.disk
        commitsBefore = person.disk.commits
        if (commit > 0) {
          person.disk.commitsUntilCrash = commit
          person.disk.crashesAfterCommit = isDurable
        }
      },
    }),
  )
  return { failure, commits: (disk?.commits ?? 0) - commitsBefore, crashes: world.tally.of('crash') }
}

describe('a power cut', () => {
  for (const who of ['alice', 'bob'] as const) {
    it(
      `[DLV-1][DLV-5] of ${who} at any commit loses nothing and repeats nothing`,
      { timeout: TIMEOUT_MS },
      async () => {
        const { commits, failure } = await tellWithCrash(who, 0, false)
        expect(failure).toBeUndefined()
        expect(commits).toBeGreaterThan(20)
        for (let commit = 1; commit <= commits; commit++) {
          for (const isDurable of [false, true]) {
            const told = await tellWithCrash(who, commit, isDurable)
            expect(told.failure, `${isDurable ? 'after' : 'before'} commit ${commit} of ${commits}`).toBeUndefined()
            expect(told.crashes).toBe(1)
          }
        }
      },
    )
  }
})
