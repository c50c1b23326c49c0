import type { InvitePreview } from '@parley/engine/api'
import type { Session } from '../../app/session.ts'
import { codeOf, reasonOf } from '../../app/reason.ts'
import { createStore, type ViewModel } from '../../ui/view-model.ts'

export interface PreviewSnapshot {
  readonly preview?: InvitePreview | undefined
  /** Why the link is of no use. */
  readonly problem?: string | undefined
}

/** What a link that is being typed or was pasted says, before anybody is asked. */
export interface PreviewModel extends ViewModel<PreviewSnapshot> {
  setLink(link: string): void
  dispose(): void
}

const PAUSE_MS = 150

export const createPreviewModel = ({ client, environment }: Pick<Session, 'client' | 'environment'>): PreviewModel => {
  const store = createStore<PreviewSnapshot>({ preview: undefined, problem: undefined })
  let cancel: (() => void) | undefined
  let round = 0
  const look = async (link: string) => {
    const mine = round
    const found = await client.call('invites.preview', { link }).then(
      (preview): PreviewSnapshot => ({ preview, problem: undefined }),
      // Half a link is no link yet. That it is none is said when somebody asks with it.
      (error: unknown): PreviewSnapshot => ({
        preview: undefined,
        problem: codeOf(error) === 'INVITE_MALFORMED' ? undefined : reasonOf(error),
      }),
    )
    if (mine === round) store.set(found)
  }
  const forget = () => {
    cancel?.()
    cancel = undefined
    round += 1
  }
  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    setLink: (text) => {
      forget()
      store.set({ preview: undefined, problem: undefined })
      const link = text.trim()
      if (link !== '') cancel = environment.after(PAUSE_MS, () => void look(link))
    },
    dispose: forget,
  }
}
