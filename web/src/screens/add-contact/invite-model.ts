import type { Invite } from '@parley/engine/api'
import type { Session } from '../../app/session.ts'
import { createLiveModel } from '../../app/live-model.ts'
import { reasonOf } from '../../app/reason.ts'
import { createStore, type ViewModel } from '../../ui/view-model.ts'

export interface InviteSnapshot {
  readonly invite?: Invite | undefined
  readonly problem?: string | undefined
}

/** A link to hand out: the newest that still works for a day, or a fresh one. */
export type InviteModel = ViewModel<InviteSnapshot> & { dispose(): void }

const LIFE_LEFT_MS = 86_400_000

export const createInviteModel = ({ client, environment }: Pick<Session, 'client' | 'environment'>): InviteModel => {
  const store = createStore<InviteSnapshot>({ invite: undefined, problem: undefined })
  const live = createLiveModel(client, environment, 'invites.list', {})
  let isAsked = false
  const pick = () => {
    const invites = live.getSnapshot()
    if (invites === undefined) return
    const usable = invites.filter((invite) => invite.expiresAt - environment.now() > LIFE_LEFT_MS)
    const newest = usable.toSorted((a, b) => b.createdAt - a.createdAt)[0]
    if (newest !== undefined) store.patch({ invite: newest })
    else if (!isAsked) {
      isAsked = true
      client.call('invites.create', {}).then(
        (invite) => store.patch({ invite }),
        (error: unknown) => store.patch({ problem: reasonOf(error) }),
      )
    }
  }
  const end = live.subscribe(pick)
  pick()
  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    dispose: () => {
      end()
      live.dispose()
    },
  }
}
