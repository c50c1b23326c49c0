import type { ApiClient } from '@parley/engine/api'
import type { NodeLink } from '../../app/node-link.ts'
import { createTask } from '../../ui/task.ts'
import { createStore, type ViewModel } from '../../ui/view-model.ts'

/** Of Parley, and of an OpenBazaar identity, whose account keeps its `Qm…` id. */
export const RECOVERY_WORDS: readonly number[] = [24, 12]
export const NAME_LETTERS_MAX = 40

export interface OnboardingSnapshot {
  readonly mode: 'create' | 'recover'
  readonly name: string
  readonly phrase: string
  readonly wordCount: number
  readonly canSubmit: boolean
  readonly isBusy: boolean
  readonly problem?: string | undefined
}

/** The first minute: a name, or the words of an account that one has. */
export interface OnboardingModel extends ViewModel<OnboardingSnapshot> {
  setMode(mode: 'create' | 'recover'): void
  setName(name: string): void
  setPhrase(phrase: string): void
  submit(): Promise<boolean>
}

interface OnboardingPorts {
  readonly node: Pick<NodeLink, 'recover'>
  readonly client: ApiClient
  /** After recovery the node has another account. */
  readonly restart: () => void
}

/** Whatever separates the words when they are pasted: spaces, lines, commas, numbers as in a list. */
export const wordsOf = (phrase: string): readonly string[] =>
  phrase
    .toLowerCase()
    .split(/[\s,;.\d)(]+/u)
    .filter((word) => word !== '')

export const createOnboardingModel = ({ node, client, restart }: OnboardingPorts): OnboardingModel => {
  const task = createTask()
  const store = createStore<OnboardingSnapshot>({
    mode: 'create',
    name: '',
    phrase: '',
    wordCount: 0,
    canSubmit: false,
    isBusy: false,
    problem: undefined,
  })
  const put = (fields: Partial<OnboardingSnapshot>) => {
    const next = { ...store.getSnapshot(), ...fields }
    const wordCount = wordsOf(next.phrase).length
    const isNamed = next.name.trim() !== ''
    const canSubmit = isNamed && !next.isBusy && (next.mode === 'create' || RECOVERY_WORDS.includes(wordCount))
    store.set({ ...next, wordCount, canSubmit })
  }
  task.subscribe(() => put(task.getSnapshot()))
  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    setMode: (mode) => {
      task.clear()
      put({ mode })
    },
    setName: (name) => put({ name: [...name].slice(0, NAME_LETTERS_MAX).join('') }),
    setPhrase: (phrase) => put({ phrase, problem: undefined }),
    submit: async () => {
      const { mode, name, phrase, canSubmit } = store.getSnapshot()
      if (!canSubmit) return false
      if (mode === 'create') return task.run(() => client.call('profile.update', { name: name.trim() }))
      const isDone = await task.run(() => node.recover(wordsOf(phrase).join(' '), name.trim()))
      if (isDone) restart()
      return isDone
    },
  }
}
