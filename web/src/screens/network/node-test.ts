import type { ApiClient, PushNode, PushNodeTest } from '@parley/engine/api'
import { reasonOf } from '../../app/reason.ts'
import { t } from '../../locales/index.ts'
import { createStore, type ViewModel } from '../../ui/view-model.ts'

/** What came of trying a push node. */
export interface NodeTestSnapshot {
  readonly isBusy: boolean
  readonly result?: { readonly isGood: boolean; readonly text: string } | undefined
}

/** Tries a push node; one try at a time, and whatever comes after `clear` is not shown. */
export interface NodeTest extends ViewModel<NodeTestSnapshot> {
  run(address: string): Promise<void>
  clear(): void
}

const milliseconds = new Intl.NumberFormat(undefined, { style: 'unit', unit: 'millisecond', maximumFractionDigits: 0 })

/** The answer of a test, in words. */
export const testWords = (answer: PushNodeTest): NonNullable<NodeTestSnapshot['result']> => {
  const { isReachable, latencyMs, offersMailbox, offersRelay, problem } = answer
  const words = t.reach.result
  if (!isReachable) return { isGood: false, text: problem === undefined ? words.away : `${problem} ${words.awayHint}` }
  const time = latencyMs === undefined ? undefined : milliseconds.format(Math.max(1, latencyMs))
  if (!offersMailbox && !offersRelay) return { isGood: false, text: words.nothing }
  if (!offersRelay) return { isGood: true, text: words.mailbox(time) }
  return { isGood: true, text: offersMailbox ? words.all(time) : words.relay(time) }
}

export const createNodeTest = (client: Pick<ApiClient, 'call'>): NodeTest => {
  const store = createStore<NodeTestSnapshot>({ isBusy: false, result: undefined })
  let round = 0
  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    run: async (address) => {
      if (store.getSnapshot().isBusy) return
      const mine = (round += 1)
      store.set({ isBusy: true, result: undefined })
      const result = await client.call('pushNodes.test', { address }).then(testWords, (error: unknown) => ({
        isGood: false,
        text: reasonOf(error),
      }))
      if (mine === round) store.set({ isBusy: false, result })
    },
    clear: () => {
      round += 1
      store.set({ isBusy: false, result: undefined })
    },
  }
}

/** How it stands with a push node that is used. `isLacking`: it does less than it should. */
export const nodeState = ({ isConnected, relay }: PushNode): { readonly text: string; readonly isLacking: boolean } => {
  const words = t.reach.nodes
  if (!isConnected) return { text: words.away, isLacking: false }
  if (relay === 'refused') return { text: words.connected, isLacking: true }
  return { text: relay === 'reserved' ? words.reserved : words.connected, isLacking: false }
}

/** Why it passes nothing on; `undefined` when it was not refused. */
export const refusalWords = ({ relay, refusal }: PushNode): string | undefined => {
  if (relay !== 'refused') return undefined
  if (refusal === undefined) return t.reach.nodes.refused
  return /\btaken\b/u.test(refusal) ? t.reach.nodes.full(refusal) : t.reach.nodes.refusedWhy(refusal)
}

/** Where one has it from. */
export const sourceWords = ({ source, contact }: PushNode): string => {
  const words = t.reach.nodes.sources
  if (source !== 'contact') return words[source]
  return contact === undefined || contact === '' ? words.someone : words.contact(contact)
}
