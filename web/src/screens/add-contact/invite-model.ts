import type { Invite, WorksOn } from '@parley/engine/api'
import type { Session } from '../../app/session.ts'
import { createLiveModel } from '../../app/live-model.ts'
import { reasonOf } from '../../app/reason.ts'
import { createStore, type ViewModel } from '../../ui/view-model.ts'
import { compareWorksOn, worksOnNow } from './works-on.ts'

export interface InviteSnapshot {
  readonly invite?: Invite | undefined
  readonly problem?: string | undefined
}

/** A link to hand out: of those that still work for a day the one that works on the most machines, or a fresh one. */
export type InviteModel = ViewModel<InviteSnapshot> & { dispose(): void }

const LIFE_LEFT_MS = 86_400_000

type Ports = Pick<Session, 'client' | 'environment' | 'network'>

export const createInviteModel = ({ client, environment, network }: Ports): InviteModel => {
  const store = createStore<InviteSnapshot>({ invite: undefined, problem: undefined })
  const live = createLiveModel(client, environment, 'invites.list', {})
  let isAsking = false
  /** Where the newest one that was made here was to work: none is made twice for the same reason. */
  let madeFor: WorksOn | undefined
  const make = async (before: Invite | undefined) => {
    const invite = await client.call('invites.create', {})
    // Nothing was gained: one link less to keep an eye on.
    if (before !== undefined && compareWorksOn(invite.worksOn, before.worksOn) <= 0) {
      await client.call('invites.revoke', { id: invite.id })
    } else store.patch({ invite, problem: undefined })
  }
  const makeFor = (worksOn: WorksOn, before: Invite | undefined) => {
    if (isAsking || (madeFor !== undefined && compareWorksOn(madeFor, worksOn) >= 0)) return
    isAsking = true
    madeFor = worksOn
    make(before)
      .catch((error: unknown) => store.patch({ problem: reasonOf(error) }))
      .finally(() => {
        isAsking = false
      })
  }
  const pick = () => {
    const invites = live.getSnapshot()
    const connected = network.getSnapshot()
    if (invites === undefined || connected === undefined) return
    const usable = invites.filter((invite) => invite.expiresAt - environment.now() > LIFE_LEFT_MS)
    const best = usable.toSorted((a, b) => compareWorksOn(b.worksOn, a.worksOn) || b.createdAt - a.createdAt)[0]
    if (best !== undefined) store.patch({ invite: best })
    // An older one that works on fewer machines than one made now would: more people can come since.
    const now = worksOnNow(connected)
    if (best === undefined || compareWorksOn(best.worksOn, now) < 0) makeFor(now, best)
  }
  const ends = [live.subscribe(pick), network.subscribe(pick)]
  pick()
  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    dispose: () => {
      for (const end of ends) end()
      live.dispose()
    },
  }
}
