import { useState } from 'react'
import { reasonOf } from '../app/reason.ts'
import { useViewModel } from './use-view-model.ts'
import { createStore, type ViewModel } from './view-model.ts'

export interface TaskSnapshot {
  readonly isBusy: boolean
  /** Why the last run failed, in words. */
  readonly problem?: string | undefined
}

/** Something a person asked for that takes a moment and may fail. One run at a time. */
export interface Task extends ViewModel<TaskSnapshot> {
  /** @returns whether it worked; a second call during a run does nothing and says false. */
  run(work: () => Promise<unknown>): Promise<boolean>
  fail(problem: string): void
  clear(): void
}

export const createTask = (): Task => {
  const store = createStore<TaskSnapshot>({ isBusy: false, problem: undefined })
  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    run: async (work) => {
      if (store.getSnapshot().isBusy) return false
      store.set({ isBusy: true, problem: undefined })
      try {
        await work()
        store.set({ isBusy: false, problem: undefined })
        return true
      } catch (error) {
        store.set({ isBusy: false, problem: reasonOf(error) })
        return false
      }
    },
    fail: (problem) => store.set({ isBusy: false, problem }),
    clear: () => store.patch({ problem: undefined }),
  }
}

/** A task that lives with the component. */
export const useTask = (): Task & TaskSnapshot => {
  const [task] = useState(createTask)
  return { ...task, ...useViewModel(task) }
}
