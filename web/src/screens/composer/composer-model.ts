import type { ApiClient, Conversation, Message } from '@parley/engine/api'
import type { Environment } from '../../app/environment.ts'
import type { LinkState } from '../../app/node-link.ts'
import { reasonOf } from '../../app/reason.ts'
import { createStore, type Store, type ViewModel } from '../../ui/view-model.ts'
import { createDraftKeeper, createTypingNotice } from './notices.ts'
import type { TimelineModel } from '../timeline/timeline-types.ts'

/** As the node has it; letters are code points. */
export const TEXT_LETTERS_MAX = 20_000
/** From here on the number of letters left is shown. */
const LETTERS_LEFT_SHOWN = 500

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

/** The snapshot as it must be for this text. */
const withText = (before: ComposerSnapshot, text: string, isLinked: boolean): ComposerSnapshot => {
  const { lettersLeft: _left, problem: _problem, ...rest } = before
  const left = TEXT_LETTERS_MAX - letterCount(text)
  return {
    ...rest,
    text,
    canSend: isLinked && left >= 0 && text.trim() !== '',
    ...(left < LETTERS_LEFT_SHOWN ? { lettersLeft: left } : {}),
  }
}

/** What the parts of one composer share. */
interface ComposerCore {
  readonly ports: ComposerPorts
  readonly store: Store<ComposerSnapshot>
  /** The unsent new message, put aside while another one is edited. */
  aside: string
  put(text: string, extra?: Partial<ComposerSnapshot>): void
  /** As `put`, and the view moves the focus into the field. */
  putFocused(text: string, mode: ComposerMode): void
}

const createCore = (ports: ComposerPorts): ComposerCore => {
  const store = createStore<ComposerSnapshot>({
    text: ports.current()?.draft ?? '',
    mode: { type: 'new' },
    canSend: false,
    focusSerial: 0,
  })
  const put: ComposerCore['put'] = (text, extra = {}) => {
    const { problem, ...fields } = extra
    const next = withText({ ...store.getSnapshot(), ...fields }, text, ports.link.getSnapshot() !== 'lost')
    store.set(problem === undefined ? next : { ...next, problem })
  }
  const putFocused: ComposerCore['putFocused'] = (text, mode) =>
    put(text, { mode, focusSerial: store.getSnapshot().focusSerial + 1 })
  put(store.getSnapshot().text)
  return { ports, store, aside: '', put, putFocused }
}

/** Going into reply and edit, and out again. */
const modesOf = (core: ComposerCore): Pick<ComposerModel, 'reply' | 'edit' | 'editLast' | 'cancel'> => {
  const { store, putFocused } = core
  /** What is unsent, whatever is in the field. */
  const unsent = () => {
    const { mode, text } = store.getSnapshot()
    return mode.type === 'edit' ? core.aside : text
  }
  const edit = (message: Message): boolean => {
    if (message.content.type !== 'text') return false
    core.aside = unsent()
    putFocused(message.content.text, { type: 'edit', message })
    return true
  }
  return {
    reply: (message) => putFocused(unsent(), { type: 'reply', message }),
    edit: (message) => void edit(message),
    editLast: () => {
      const message = core.ports.timeline.lastOwn()
      return message !== undefined && edit(message)
    },
    cancel: () => {
      if (store.getSnapshot().mode.type === 'new') return false
      putFocused(unsent(), { type: 'new' })
      core.aside = ''
      return true
    },
  }
}

const saveEdit = (core: ComposerCore, message: Message, text: string) => {
  const { client, conversation, timeline } = core.ports
  core.putFocused(core.aside, { type: 'new' })
  core.aside = ''
  if (message.content.type === 'text' && message.content.text === text) return
  client.call('messages.edit', { conversation, message: message.id, text }).then(
    (edited) => timeline.take([edited]),
    (error: unknown) => {
      // Back into the field, so that nothing typed is lost.
      core.aside = core.store.getSnapshot().text
      core.put(text, { mode: { type: 'edit', message }, problem: reasonOf(error) })
    },
  )
}

/** The field below a timeline. What is typed is a draft on the node's disk within half a second. */
export const createComposerModel = (ports: ComposerPorts): ComposerModel => {
  const core = createCore(ports)
  const { store, put, putFocused } = core
  const draft = createDraftKeeper(ports, () => {
    const { text, mode } = store.getSnapshot()
    return (mode.type === 'edit' ? core.aside : text).slice(0, 2 * TEXT_LETTERS_MAX)
  })
  const typing = createTypingNotice(ports)
  const endLink = ports.link.subscribe(() => {
    put(store.getSnapshot().text)
    if (ports.link.getSnapshot() === 'open') draft.keep()
  })
  return {
    ...modesOf(core),
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    setText: (text) => {
      put(text)
      if (store.getSnapshot().mode.type === 'edit') return
      draft.keep()
      if (text.trim() !== '') typing.tell()
    },
    send: () => {
      const { text: typed, mode, canSend } = store.getSnapshot()
      if (!canSend) return false
      const text = tidy(typed)
      if (mode.type === 'edit') {
        saveEdit(core, mode.message, text)
        return true
      }
      ports.timeline.send(text, mode.type === 'reply' ? mode.message.id : undefined)
      typing.reset()
      putFocused('', { type: 'new' })
      draft.keep()
      return true
    },
    focus: () => store.patch({ focusSerial: store.getSnapshot().focusSerial + 1 }),
    flush: draft.flush,
    dispose: () => {
      draft.flush()
      endLink()
    },
  }
}
