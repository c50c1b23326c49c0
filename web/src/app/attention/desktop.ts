import { createCell, type ViewModel } from '../../ui/view-model.ts'

/** unavailable: this browser has none for a page. undecided: nobody was asked yet. */
export type Permission = 'unavailable' | 'undecided' | 'granted' | 'denied'

export interface Note {
  /** One note at a time stands under a tag; another takes its place. */
  readonly tag: string
  readonly title: string
  readonly body: string
  /** Shown off anew although it takes the place of another. */
  readonly isAgain: boolean
  readonly onClick: () => void
  /** Called when it goes, by whomever. */
  readonly onClose: () => void
}

/** Native notifications. */
export interface Desktop {
  readonly permission: ViewModel<Permission>
  /** Asks; only ever because a person pressed something. */
  ask(): Promise<void>
  /** Shows a note without a sound. @returns what takes it away; `undefined` when it could not be shown. */
  show(note: Note): (() => void) | undefined
}

const permissions: Readonly<Record<NotificationPermission, Permission>> = {
  default: 'undecided',
  granted: 'granted',
  denied: 'denied',
}

export const browserDesktop = (): Desktop => {
  const cell = createCell<Permission>(read())
  const refresh = () => {
    if (cell.getSnapshot() !== 'unavailable') cell.set(read())
  }
  // A person may change their mind in the settings of the browser.
  const watch = async () => {
    const status = await navigator.permissions.query({ name: 'notifications' })
    status.addEventListener('change', refresh)
  }
  // Where this cannot be watched, it is read again when it is asked for.
  if ('permissions' in navigator) watch().catch(() => undefined)
  return {
    permission: cell,
    ask: async () => {
      if (!('Notification' in window)) return
      await Notification.requestPermission()
      refresh()
    },
    show: (note) => {
      refresh()
      if (cell.getSnapshot() !== 'granted') return undefined
      try {
        return show(note)
      } catch {
        // Some browsers have notifications for service workers alone.
        cell.set('unavailable')
        return undefined
      }
    },
  }
}

const read = (): Permission => ('Notification' in window ? permissions[Notification.permission] : 'unavailable')

const show = ({ tag, title, body, isAgain, onClick, onClose }: Note): (() => void) => {
  // The tone, if any, is ours: the settings decide about it.
  const options: NotificationOptions & { readonly renotify: boolean } = {
    body,
    tag,
    dir: 'auto',
    silent: true,
    renotify: isAgain,
  }
  const notification = new Notification(title, options)
  notification.addEventListener('click', () => {
    window.focus()
    onClick()
    notification.close()
  })
  notification.addEventListener('close', onClose)
  return () => notification.close()
}
