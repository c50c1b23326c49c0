import { createCell, createDisposables, type ViewModel } from '../../ui/view-model.ts'
import { afterFrames } from '../environment.ts'
import type { Navigation } from '../navigation.ts'
import type { Preferences } from '../preferences.ts'
import type { Session } from '../session.ts'
import type { AppBadge } from './app-badge.ts'
import type { Desktop } from './desktop.ts'
import { createNewsWatch } from './news.ts'
import { createNotifier } from './notifier.ts'
import { sharePresence } from './presence.ts'
import { ATTENDED, attendedSign, showSigns, TYPING } from './signs.ts'
import type { Sounds } from './sounds.ts'
import type { Tabs } from './tabs.ts'
import { unreadTotal } from './unread.ts'

/** What the page has outside of itself to be noticed by. */
export interface Outside {
  readonly desktop: Desktop
  readonly sounds: Sounds
  readonly badge: AppBadge
  readonly tabs: Tabs
}

/** Gets a person's attention when something arrives, and lets it rest otherwise. */
export interface Attention {
  readonly desktop: Desktop
  readonly sounds: Sounds
  /** Something arrived while nobody looked, and nobody has said yet whether to be told. */
  readonly isAsking: ViewModel<boolean>
  /** The answer to that question; yes asks the browser. */
  decide(isWanted: boolean): void
  dispose(): void
}

interface AttentionPorts extends Outside {
  readonly session: Session
  readonly preferences: Preferences
  readonly navigation: Navigation
}

/** Frames until a conversation that was just opened has been laid out. */
const OPENING_FRAMES = 3
/** Between two tones: a flood is heard as one. */
const SOUND_PAUSE_MS = 2_000

export const createAttention = (ports: AttentionPorts): Attention => {
  const { session, preferences, navigation, desktop, sounds, tabs } = ports
  const { environment, conversations } = session
  const owned = createDisposables()
  const isAsking = createCell(false)
  const watch = createNewsWatch()
  let soundedAt = 0

  const open = (id: string, message: string | undefined) => {
    navigation.openConversation(id)
    if (message === undefined) return
    // It opens at the first unread, near the message; from there it is brought into view.
    owned.add(
      afterFrames(environment, OPENING_FRAMES, () => {
        const timeline = session.timeline(id)
        if (timeline.find(message) !== undefined) void timeline.jumpTo(message)
      }),
    )
  }
  const notifier = createNotifier({ desktop, now: environment.now, open })

  const sound = (tone: 'away' | 'near') => {
    const now = environment.now()
    if (!preferences.getSnapshot().sounds || now - soundedAt < SOUND_PAUSE_MS) return
    soundedAt = now
    sounds.play(tone)
  }

  const tell = async (id: string) => {
    const signs = await tabs.signs()
    const conversation = session.conversation(id)
    const { doNotDisturb, muted, notifies, notificationShow, isNotifyingDecided } = preferences.getSnapshot()
    if (owned.isDisposed || doNotDisturb || muted.includes(id)) return
    // Meanwhile it may have been read, here or elsewhere.
    if (conversation === undefined || conversation.unread === 0 || conversation.status === 'blocked') return
    if (signs.has(attendedSign(id))) return
    const isAttended = signs.has(ATTENDED)
    if (!isAttended && notifies) {
      const permission = desktop.permission.getSnapshot()
      if (permission === 'undecided' && !isNotifyingDecided) isAsking.set(true)
      notifier.show(conversation, session.me.getSnapshot()?.account ?? '', notificationShow)
    }
    if (!signs.has(TYPING)) sound(isAttended ? 'near' : 'away')
  }

  const look = () => {
    const now = conversations.getSnapshot()
    const me = session.me.getSnapshot()?.account
    if (now === undefined || me === undefined) return
    notifier.follow(now)
    // Every tab notices, so that whoever leads next does not take old things for new ones.
    const news = watch.take(now, me)
    if (tabs.leads.getSnapshot()) for (const { id } of news) void tell(id)
  }

  owned.add(showSigns(environment, navigation, tabs))
  owned.add(keepBadge(ports))
  owned.add(sharePresence(session, tabs))
  owned.add(conversations.subscribe(look))
  owned.add(session.me.subscribe(look))
  owned.add(closeWhenUnwanted(preferences, notifier.closeAll))
  owned.add(environment.onLeave(notifier.closeAll))
  owned.add(notifier.closeAll)
  look()
  return {
    desktop,
    sounds,
    isAsking,
    decide: (isWanted) => {
      isAsking.set(false)
      preferences.set({ isNotifyingDecided: true, notifies: isWanted })
      // Refused or put away, the browser's own answer stands in the settings.
      if (isWanted) desktop.ask().catch(() => undefined)
    },
    dispose: owned.dispose,
  }
}

/** What shows more than is wanted now does not stay on the desktop. */
const closeWhenUnwanted = (preferences: Preferences, closeAll: () => void): (() => void) => {
  const wishOf = () => {
    const { notifies, notificationShow, doNotDisturb, muted } = preferences.getSnapshot()
    return JSON.stringify([notifies, notificationShow, doNotDisturb, muted])
  }
  let wish = wishOf()
  return preferences.subscribe(() => {
    const next = wishOf()
    if (next !== wish) closeAll()
    wish = next
  })
}

/** The number at the app's icon, by the tab that leads; it goes with the last tab. */
const keepBadge = ({ session, preferences, tabs, badge }: AttentionPorts): (() => void) => {
  const { environment, conversations } = session
  const owned = createDisposables()
  let shown: number | undefined
  const show = () => {
    if (!tabs.leads.getSnapshot()) {
      shown = undefined
      return
    }
    const total = unreadTotal(conversations.getSnapshot() ?? [], preferences.getSnapshot().muted)
    if (total === shown) return
    shown = total
    badge.set(total)
  }
  const clear = () => {
    if (tabs.leads.getSnapshot()) badge.set(0)
    shown = undefined
  }
  for (const model of [conversations, preferences, tabs.leads]) owned.add(model.subscribe(show))
  owned.add(environment.onLeave(clear))
  owned.add(clear)
  show()
  return owned.dispose
}
