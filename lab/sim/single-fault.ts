/** The fixed story, told with one fault at one place. */
import { decodeFrame } from '@parley/core'
import { tell } from './story.ts'
import { Breach } from './watch.ts'
import { createWorld } from './world.ts'

const LOSS_PATIENCE_MS = 5_000
/** The other end may take half a minute to notice that nobody is there any more. */
const CRASH_PATIENCE_MS = 40_000

/** `lost`: which frame of an authenticated link is lost. `commit`: at which one the power fails. 0: none. */
export type SingleFault =
  | { readonly type: 'frame'; readonly lost: number }
  | { readonly type: 'crash'; readonly who: 'alice' | 'bob'; readonly commit: number; readonly isDurable: boolean }

export interface FaultTold {
  /** Undefined when everything held. */
  readonly failure: string | undefined
  /** Places where such a fault can be: frames, or commits of `who`. */
  readonly places: number
  /** What was struck: the type of the frame, or how many power cuts there were. */
  readonly struck: string | number | undefined
}

export const tellWithFault = (fault: SingleFault): Promise<FaultTold> =>
  fault.type === 'frame' ? tellWithout(fault.lost) : tellWithCrash(fault)

async function tellWithout(lost: number): Promise<FaultTold> {
  let frames = 0
  let type: string | undefined
  const isDoomed = (_from: string, _to: string, bytes: Uint8Array) => {
    const frame = decodeFrame(bytes)
    if (frame?.type === 'auth' || ++frames !== lost) return false
    type = frame?.type
    return true
  }
  const world = await createWorld({ seed: 1, people: 2, isDoomed })
  const failure = await outcome(tell(world, { patienceMs: LOSS_PATIENCE_MS }))
  return { failure, places: frames, struck: type }
}

async function tellWithCrash(fault: Extract<SingleFault, { type: 'crash' }>): Promise<FaultTold> {
  const { who, commit, isDurable } = fault
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
  return { failure, places: (disk?.commits ?? 0) - commitsBefore, struck: world.tally.of('crash') }
}

async function outcome(work: Promise<void>): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    if (error instanceof Breach) return error.message
    throw error
  }
}
