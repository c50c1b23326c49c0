import type { ApiClient, Conversation, Message } from '@parley/engine/api'
import type { Environment } from '../../app/environment.ts'
import type { LinkState } from '../../app/node-link.ts'
import { reasonOf } from '../../app/reason.ts'
import { createDisposables, createStore, type ViewModel } from '../../ui/view-model.ts'
import type { TimelineModel } from '../timeline/timeline-types.ts'

/** As the node has it; letters are code points. */
export const TEXT_LETTERS_MAX = 20_000
/** From here on the number of letters left is shown. */
const LETTERS_LEFT_SHOWN = 500
const DRAFT_DELAY_MS = 400
/** At most one typing notification in this time. */
export const TYPING_INTERVAL_MS = 3_000

export type ComposerMode =
  | { readonly type: 'new' }
  | { readonly type: 'reply'; readonly message: Message }
  | { readonly type: 'edit'; readonly message: Message }

export interface ComposerSnapshot {
  readonly text: string
  readonly mode: ComposerMode
  /** Shown only when near the limit or over it (negative). */
  readonly lettersLeft?: number
  readonly canSend: boolean
  /** Why the last attempt failed; the text is still here. */
  readonly problem?: string
  /** Counts calls to attention: the view moves the focus into the field. */
  readonly focusSerial: number
}

export interface ComposerModel extends ViewModel<ComposerSnapshot> {
  setText(text: string): void
  /** @returns false when there is nothing that can be sent now. */
  send(): boolean
  reply(message: Message): void
  edit(message: Message): void
  editLast(): boolean
  /** Leaves reply or edit. @returns false when there was neither. */
  cancel(): boolean
  focus(): void
  /** Stores the draft now. */
  flush(): void
  dispose(): void
}

export interface ComposerPorts {
  readonly client: ApiClient
  readonly environment: Environment
  readonly conversation: string
  readonly timeline: TimelineModel
  readonly link: ViewModel<LinkState>
  current(): Conversation | undefined
}

const letterCount = (text: string): number => {
  // Counting code points of a short text is never needed: it cannot be over the limit.
  if (text.length <= TEXT_LETTERS_MAX - LETTERS_LEFT_SHOWN) return text.length
  return [...text].length
}

/** Empty lines before and blanks after a text are slips of the finger. */
const tidy = (text: string): string => text.replace(/^(?:[^\S\n]*\n)+/u, '').trimEnd()

/** The field below a timeline. What is typed is a draft on the node's disk within half a second. */
export const createComposerModel = (ports: ComposerPorts): ComposerModel => {
  const { client, environment, conversation, timeline, link } = ports
  const store = createStore<ComposerSnapshot>({
    text: ports.current()?.draft ?? '',
    mode: { type: 'new' },
    canSend: false,
    focusSerial: 0,
  })
  const owned = createDisposables()
  /** The unsent new message, put aside while another one is edited. */
  let aside = ''
  let cancelDraft: (() => void) | undefined
  let typingToldAt = Number.NEGATIVE_INFINITY

  const put = (text: string, extra: Partial<ComposerSnapshot> = {}) => {
    const left = TEXT_LETTERS_MAX - letterCount(text)
    const isLinked = link.getSnapshot() !== 'lost'
    const { lettersLeft: _left, problem: _problem, ...rest } = { ...store.getSnapshot(), ...extra }
    store.set({
      ...rest,
      text,
      canSend: isLinked && left >= 0 && text.trim() !== '',
      ...(left < LETTERS_LEFT_SHOWN ? { lettersLeft: left } : {}),
      ...(extra.problem === undefined ? {} : { problem: extra.problem }),
    })
  }
  const flush = () => {
    if (cancelDraft === undefined) return
    cancelDraft()
    cancelDraft = undefined
    const { text, mode } = store.getSnapshot()
    const draft = mode.type === 'edit' ? aside : text
    client.call('conversations.setDraft', { conversation, text: draft.slice(0, 2 * TEXT_LETTERS_MAX) }).catch(() => {
      // The text stays in the field and in this model; the next change stores it again.
    })
  }
  const keepDraft = () => {
    cancelDraft ??= environment.after(DRAFT_DELAY_MS, flush)
  }
  const tellTyping = () => {
    const now = environment.now()
    if (now - typingToldAt < TYPING_INTERVAL_MS) return
    typingToldAt = now
    client.call('conversations.typing', { conversation }).catch(() => {
      // A hint, nothing more.
    })
  }
  const refocused = () => store.getSnapshot().focusSerial + 1
  const toNew = (text: string) => put(text, { mode: { type: 'new' }, focusSerial: refocused() })

  const saveEdit = (message: Message, text: string) => {
    toNew(aside)
    aside = ''
    if (message.content.type === 'text' && message.content.text === text) return
    client.call('messages.edit', { conversation, message: message.id, text }).then(
      (edited) => timeline.take([edited]),
      (error: unknown) => {
        // Back into the field, so that nothing typed is lost.
        aside = store.getSnapshot().text
        put(text, { mode: { type: 'edit', message }, problem: reasonOf(error) })
      },
    )
  }

  owned.add(
    link.subscribe(() => {
      put(store.getSnapshot().text)
      if (link.getSnapshot() === 'open') keepDraft()
    }),
  )
  put(store.getSnapshot().text)

  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    setText: (text) => {
      const { mode } = store.getSnapshot()
      put(text)
      if (mode.type === 'edit') return
      keepDraft()
      if (text.trim() !== '') tellTyping()
    },
    send: () => {
      const { text: typed, mode, canSend } = store.getSnapshot()
      if (!canSend) return false
      const text = tidy(typed)
      if (mode.type === 'edit') {
        saveEdit(mode.message, text)
        return true
      }
      timeline.send(text, mode.type === 'reply' ? mode.message.id : undefined)
      typingToldAt = Number.NEGATIVE_INFINITY
      toNew('')
      keepDraft()
      return true
    },
    reply: (message) => {
      const { mode, text } = store.getSnapshot()
      put(mode.type === 'edit' ? aside : text, { mode: { type: 'reply', message }, focusSerial: refocused() })
    },
    edit: (message) => {
      if (message.content.type !== 'text') return
      const { mode, text } = store.getSnapshot()
      if (mode.type !== 'edit') aside = text
      put(message.content.text, { mode: { type: 'edit', message }, focusSerial: refocused() })
    },
    editLast: () => {
      const message = timeline.lastOwn()
      if (message?.content.type !== 'text') return false
      aside = store.getSnapshot().text
      put(message.content.text, { mode: { type: 'edit', message }, focusSerial: refocused() })
      return true
    },
    cancel: () => {
      const { mode, text } = store.getSnapshot()
      if (mode.type === 'new') return false
      toNew(mode.type === 'edit' ? aside : text)
      aside = ''
      return true
    },
    focus: () => store.patch({ focusSerial: refocused() }),
    flush,
    dispose: () => {
      flush()
      owned.dispose()
    },
  }
}
