import { useEffect } from 'react'
import { useApp, type App } from './context.ts'
import { commandOf, type KeyCommand } from './keys.ts'

/** The conversation `step` places from the open one, all of them or only those with something unread. */
export const neighbourOf = (
  conversations: readonly { readonly id: string; readonly unread: number }[],
  open: string | undefined,
  step: 1 | -1,
  isUnreadOnly: boolean,
): string | undefined => {
  const at = conversations.findIndex((each) => each.id === open)
  const count = conversations.length
  if (count === 0) return undefined
  if (!isUnreadOnly) {
    if (at < 0) return conversations.at(step === 1 ? 0 : -1)?.id
    return conversations[at + step]?.id
  }
  for (let distance = 1; distance <= count; distance += 1) {
    const from = at < 0 && step === -1 ? count : at
    const each = conversations[(((from + step * distance) % count) + count) % count]
    if (each !== undefined && each.unread > 0 && each.id !== open) return each.id
  }
  return undefined
}

const run = (command: KeyCommand, { session, navigation }: App): boolean => {
  const { place, sheet } = navigation.getSnapshot()
  const open = place.type === 'conversation' ? place.conversation : undefined
  const conversations = session.conversations.getSnapshot() ?? []
  const goTo = (step: 1 | -1, isUnreadOnly: boolean) => {
    const id = neighbourOf(conversations, open, step, isUnreadOnly)
    if (id !== undefined) navigation.openConversation(id)
    return true
  }
  switch (command) {
    case 'palette':
      if (sheet === 'palette') navigation.closeSheet()
      else navigation.openSheet('palette')
      return true
    case 'help':
      navigation.openSheet('help')
      return true
    case 'nextConversation':
      return goTo(1, false)
    case 'previousConversation':
      return goTo(-1, false)
    case 'nextUnread':
      return goTo(1, true)
    case 'previousUnread':
      return goTo(-1, true)
    case 'escape':
      return escape(open, { session, navigation })
    default:
      return false
  }
}

/** Leaves the innermost thing: reply or edit, then the details, then the place above in history. */
const escape = (open: string | undefined, { session, navigation }: Pick<App, 'session' | 'navigation'>): boolean => {
  const { place, sheet } = navigation.getSnapshot()
  // Sheets and menus close themselves.
  if (sheet !== undefined || open === undefined) return false
  if (session.composer(open).cancel()) return true
  if (place.type === 'conversation' && place.isDetailsOpen) navigation.setDetailsOpen(false)
  else {
    session.timeline(open).jumpToLatest()
    session.composer(open).focus()
  }
  return true
}

/** Listens to the keys that work everywhere. */
export const useGlobalKeys = (): void => {
  const app = useApp()
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const command = event.defaultPrevented ? undefined : commandOf(event, 'everywhere')
      if (command !== undefined && run(command, app)) event.preventDefault()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [app])
}
