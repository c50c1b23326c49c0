/** How far this node reaches, and what was proven of it. Spec: NET-10…NET-14. */
import { widestScope } from '@parley/core'
import type { Network, Reachability } from '../api/schema.ts'
import type { Context } from '../context.ts'
import type { ReachView } from '../live/views.ts'

const CIRCUIT = '/p2p-circuit'

export class ReachService implements ReachView {
  readonly #context: () => Context

  constructor(context: () => Context) {
    this.#context = context
  }

  view(): ReturnType<ReachView['view']> {
    const { reach, isReachFixed, portMapping, infrastructure } = this.#context().sessions.status
    return {
      reach,
      isReachChosen: isReachFixed,
      isReachFixed,
      reachability: this.reachability(),
      portMapping: { ...portMapping },
      infrastructure: infrastructure.map((node): Network['infrastructure'][number] => ({ ...node, source: 'config' })),
      offeredPushNodes: [],
    }
  }

  reachability(): Reachability {
    const { addresses, infrastructure } = this.#context().sessions.status
    const isTesting = false
    if (infrastructure.some(({ relay }) => relay === 'reserved')) return { state: 'relayed', isTesting }
    const direct = addresses.filter((address) => !address.includes(CIRCUIT))
    return { state: widestScope(direct) === 'computer' ? 'computer' : 'network', isTesting }
  }
}
