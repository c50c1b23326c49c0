import type { ApiClient, Network, Reach } from '@parley/engine/api'
import type { NodeLink } from '../../app/node-link.ts'
import { createTask } from '../../ui/task.ts'
import { createStore, type ViewModel } from '../../ui/view-model.ts'
import { isReachOpen } from '../network/reach.ts'

/** Of Parley, and of an OpenBazaar identity, whose account keeps its `Qm…` id. */
export const RECOVERY_WORDS: readonly number[] = [24, 12]
export const NAME_LETTERS_MAX = 40

export interface OnboardingSnapshot {
  /** `reach`: the name is known, and who may connect is asked. */
  readonly step: 'name' | 'reach'
  readonly mode: 'create' | 'recover'
  readonly name: string
  readonly phrase: string
  readonly wordCount: number
  readonly canSubmit: boolean
  readonly isBusy: boolean
  /** What was chosen, while it is being done; `later` is a choice too. */
  readonly chosen?: Reach | 'later' | undefined
  readonly problem?: string | undefined
}

/** The first minute: a name and who may connect, or the words of an account that one has. */
export interface OnboardingModel extends ViewModel<OnboardingSnapshot> {
  setMode(mode: 'create' | 'recover'): void
  setName(name: string): void
  setPhrase(phrase: string): void
  /** Goes on from the name: to the question who may connect, where it has no answer yet, or to the end. */
  submit(): Promise<boolean>
  /** Answers the question and ends. `later` leaves it open: only this computer. */
  choose(reach: Reach | 'later'): Promise<boolean>
  backToName(): void
}

interface OnboardingPorts {
  readonly node: Pick<NodeLink, 'recover'>
  readonly client: ApiClient
  readonly network: ViewModel<Network | undefined>
  /** After recovery the node has another account. */
  readonly restart: () => void
}

/** Whatever separates the words when they are pasted: spaces, lines, commas, numbers as in a list. */
export const wordsOf = (phrase: string): readonly string[] =>
  phrase
    .toLowerCase()
    .split(/[\s,;.\d)(]+/u)
    .filter((word) => word !== '')

export const createOnboardingModel = (ports: OnboardingPorts): OnboardingModel => {
  const { node, client, network, restart } = ports
  const task = createTask()
  const store = createStore<OnboardingSnapshot>({
    step: 'name',
    mode: 'create',
    name: '',
    phrase: '',
    wordCount: 0,
    canSubmit: false,
    isBusy: false,
    chosen: undefined,
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
  const nameIt = () => client.call('profile.update', { name: store.getSnapshot().name.trim() })
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
      if (mode === 'create') {
        if (!isReachOpen(network.getSnapshot())) return task.run(nameIt)
        put({ step: 'reach' })
        return true
      }
      const isDone = await task.run(() => node.recover(wordsOf(phrase).join(' '), name.trim()))
      if (isDone) restart()
      return isDone
    },
    choose: async (chosen) => {
      if (store.getSnapshot().isBusy) return false
      put({ chosen })
      // The name comes last: with it the page goes on, and until then everything can be asked again.
      const isDone = await task.run(async () => {
        if (chosen !== 'later') await client.call('network.change', { reach: chosen })
        await nameIt()
      })
      if (!isDone) put({ chosen: undefined })
      return isDone
    },
    backToName: () => {
      task.clear()
      put({ step: 'name' })
    },
  }
}
