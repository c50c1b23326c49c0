import type { Conversation } from '@parley/engine/api'
import { t } from '../../locales/index.ts'
import { previewOf } from '../../ui/preview.ts'

/** The second line of a row. */
export interface RowLine {
  /** What stands before the text: "Draft:", "You:". */
  readonly prefix?: { readonly text: string; readonly tone: 'danger' | 'plain' }
  readonly text: string
  readonly tone: 'plain' | 'accent' | 'faint'
  /** The line is what one wrote oneself: how far it got stands beside it. */
  readonly showsState?: boolean
}

/** What a conversation says about itself in one line, the most urgent first. */
export const lineOf = (conversation: Conversation, me: string, isOpen: boolean): RowLine => {
  const { status, typing, draft, lastMessage } = conversation
  if (typing.length > 0) return { text: t.list.typing, tone: 'accent' }
  if (draft.trim() !== '' && !isOpen) {
    return {
      prefix: { text: t.list.draft, tone: 'danger' },
      text: previewOf({ type: 'text', text: draft }),
      tone: 'plain',
    }
  }
  if (status === 'blocked') return { text: t.list.blocked, tone: 'faint' }
  if (status === 'invited') return { text: t.list.invited, tone: 'faint' }
  if (lastMessage === undefined) return { text: t.list.empty, tone: 'faint' }
  const text = previewOf(lastMessage.content)
  const tone = lastMessage.content.type === 'text' ? 'plain' : 'faint'
  if (lastMessage.sender !== me) return { text, tone }
  const isText = lastMessage.content.type === 'text'
  const prefix =
    isText && lastMessage.state === 'failed'
      ? ({ text: t.list.notSent, tone: 'danger' } as const)
      : ({ text: t.list.you, tone: 'plain' } as const)
  return { prefix, text, tone, showsState: isText }
}

/** Unread messages outside of what can be seen of the list, and where the nearest of them are. */
export interface UnreadBeyond {
  readonly above: number
  readonly below: number
  readonly nearestAbove?: number
  readonly nearestBelow?: number
}

/** `first` and `last` are the indexes of the first and last row that can be seen whole. */
export const unreadBeyond = (conversations: readonly Conversation[], first: number, last: number): UnreadBeyond => {
  let above = 0
  let below = 0
  let nearestAbove: number | undefined
  let nearestBelow: number | undefined
  for (const [at, { unread, status }] of conversations.entries()) {
    if (unread === 0 || status === 'blocked') continue
    if (at < first) {
      above += unread
      nearestAbove = at
    } else if (at > last) {
      below += unread
      nearestBelow ??= at
    }
  }
  return {
    above,
    below,
    ...(nearestAbove === undefined ? {} : { nearestAbove }),
    ...(nearestBelow === undefined ? {} : { nearestBelow }),
  }
}

/**
 * Accounts whose heads can be seen, those that are cut at either end too. Of contacts alone: whoever was never met may
 * have no profile with us, and to ask push nodes for it would tell them who is waited for.
 */
export const headsBetween = (conversations: readonly Conversation[], first: number, last: number): readonly string[] =>
  conversations
    .slice(Math.max(0, first - 1), last + 2)
    .filter(({ status }) => status === 'active')
    .map(({ account }) => account)
