import type { Environment, Use } from '../app/environment.ts'

/** Surroundings that stand still until a test moves them. */
export interface TestEnvironment extends Environment {
  /** Lets `ms` pass, runs what is due in order, and lets promises settle in between. */
  advance(ms: number): Promise<void>
  /** Runs what waits for the next frame. */
  frame(): Promise<void>
  setAttended(isAttended: boolean): void
  setVisible(isVisible: boolean): void
  /** A person does something. */
  use(use?: Use): void
  /** The page goes. */
  leave(): void
}

interface Timer {
  readonly at: number
  readonly run: () => void
}

/** Everything that is already resolved has been told: enough turns for a chain of fake answers. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve()
}

export const createTestEnvironment = (startAt = Date.UTC(2026, 4, 12, 12)): TestEnvironment => {
  let now = startAt
  let isAttended = true
  let isVisible = true
  let timers: Timer[] = []
  let frames: (() => void)[] = []
  const attention = new Set<() => void>()
  const uses = new Set<(use: Use) => void>()
  const leaves = new Set<() => void>()
  const storageChanges = new Map<() => void, string>()
  const stored = new Map<string, string>()
  const kept = new Map<string, string>()
  const frame = async () => {
    const due = frames
    frames = []
    for (const run of due) run()
    await settled()
  }
  return {
    now: () => now,
    schedule: (run) => {
      frames.push(run)
      return () => {
        frames = frames.filter((each) => each !== run)
      }
    },
    after: (delayMs, run) => {
      const timer = { at: now + delayMs, run }
      timers.push(timer)
      return () => {
        timers = timers.filter((each) => each !== timer)
      }
    },
    storage: {
      get: (key) => stored.get(key),
      set: (key, value) => {
        if (value === undefined) stored.delete(key)
        else stored.set(key, value)
        for (const [changed, of] of storageChanges) if (of === key) changed()
      },
      onChange: (key, changed) => {
        storageChanges.set(changed, key)
        return () => storageChanges.delete(changed)
      },
    },
    tab: {
      take: (key) => {
        const value = kept.get(key)
        kept.delete(key)
        return value
      },
      keep: (key, value) => kept.set(key, value),
    },
    isAttended: () => isAttended && isVisible,
    isVisible: () => isVisible,
    onAttention: (changed) => {
      attention.add(changed)
      return () => attention.delete(changed)
    },
    onUse: (used) => {
      uses.add(used)
      return () => uses.delete(used)
    },
    onLeave: (leaving) => {
      leaves.add(leaving)
      return () => leaves.delete(leaving)
    },
    advance: async (ms) => {
      const end = now + ms
      await settled()
      for (;;) {
        const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        timers = timers.filter((timer) => timer !== next)
        now = next.at
        next.run()
        await settled()
      }
      now = end
    },
    frame,
    setAttended: (next) => {
      isAttended = next
      for (const changed of attention) changed()
    },
    setVisible: (next) => {
      isVisible = next
      for (const changed of attention) changed()
    },
    use: (use = 'other') => {
      for (const used of uses) used(use)
    },
    leave: () => {
      for (const leaving of leaves) leaving()
    },
  }
}
