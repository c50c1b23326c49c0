import type { Invite, Network, WorksOn } from '@parley/engine/api'

const ranks: Record<WorksOn, number> = { computer: 0, network: 1, anywhere: 2 }

/** Positive when `a` works on more machines than `b`. */
export const compareWorksOn = (a: WorksOn, b: WorksOn): number => ranks[a] - ranks[b]

/** Where others can come from now, by what was proven. */
export const worksOnNow = ({ reachability }: Pick<Network, 'reachability'>): WorksOn => {
  switch (reachability.state) {
    case 'public':
    case 'relayed':
      return 'anywhere'
    case 'network':
      return 'network'
    case 'computer':
      return 'computer'
  }
}

/** As {@link WorksOn}; `unproven`: from anywhere by its addresses, which nobody outside has proven; `later`: not yet. */
export type InvitePlace = WorksOn | 'unproven' | 'later'

/**
 * Where an invite works now. It does where its addresses lead and somebody can come from: one that was made for anybody
 * is of no use elsewhere once this node only listens for its own computer.
 */
export const invitePlace = ({ worksOn }: Pick<Invite, 'worksOn'>, network: Network): InvitePlace => {
  const now = worksOnNow(network)
  if (network.transport === 'tor') return now === 'anywhere' ? 'anywhere' : 'later'
  if (compareWorksOn(worksOn, now) <= 0) return worksOn
  return now === 'network' && network.reach === 'anyone' ? 'unproven' : now
}
