import type { Conversation, Message } from '@parley/engine/api'
import { useMemo } from 'react'
import { useApp } from '../../app/context.ts'
import { reasonOf } from '../../app/reason.ts'
import { t } from '../../locales/index.ts'
import type { ComposerModel } from '../composer/composer-model.ts'
import type { MessageTile } from './tiles.ts'
import type { TimelineModel } from './timeline-types.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

/** What is open above a message. */
export type MessagePopup =
  | { readonly type: 'menu'; readonly message: Message; readonly isOwn: boolean; readonly at: Point }
  | { readonly type: 'reactions'; readonly message: Message; readonly at: Point }
  | { readonly type: 'emoji'; readonly message: Message; readonly at: Point }
  | { readonly type: 'delete'; readonly message: Message }
  | { readonly type: 'hide'; readonly message: Message; readonly isOwn: boolean }
  | { readonly type: 'details'; readonly message: Message }

/** Everything that can be done to a message. */
export interface MessageCommands {
  reply(tile: MessageTile): void
  edit(tile: MessageTile): void
  askDelete(tile: MessageTile): void
  openMenu(tile: MessageTile, at: Point): void
  openReactions(tile: MessageTile, at: Point): void
  /** Adds the reaction, or takes one's own back. */
  toggleReaction(message: Message, emoji: string): void
  delete(message: Message): void
  /** Removes it from this device alone. */
  hide(message: Message): void
  copy(message: Message): void
  retry(message: Message): void
  discard(message: Message): void
  jumpTo(message: string): void
  startReply(message: Message): void
  startEdit(message: Message): void
  /** To the field below. */
  write(): void
  show(popup: MessagePopup): void
}

interface CommandsInput {
  readonly timeline: TimelineModel
  readonly composer: ComposerModel
  readonly conversation: Conversation
  readonly setPopup: (popup: MessagePopup) => void
}

/** Commands that stay the same object, so that tiles need not be rendered again for them. */
export const useMessageCommands = ({ timeline, composer, conversation, setPopup }: CommandsInput): MessageCommands => {
  const { session, toasts, preferences } = useApp()
  const { id, status } = conversation
  return useMemo(() => {
    const { client, me } = session
    const canWrite = status === 'active'
    const change = (call: Promise<Message>) => {
      call.then(
        (message) => timeline.take([message]),
        (error: unknown) => toasts.show(reasonOf(error)),
      )
    }
    const canAct = (tile: MessageTile) => !tile.isEcho && tile.message.content.type !== 'deleted'
    const isMine = (message: Message) => message.sender === me.getSnapshot()?.account
    return {
      reply: (tile) => {
        if (canAct(tile) && canWrite) composer.reply(tile.message)
      },
      edit: (tile) => {
        if (canAct(tile) && tile.isOwn && canWrite) composer.edit(tile.message)
      },
      askDelete: (tile) => {
        if (canAct(tile) && tile.isOwn) setPopup({ type: 'delete', message: tile.message })
      },
      openMenu: (tile, at) => {
        if (canAct(tile)) setPopup({ type: 'menu', message: tile.message, isOwn: tile.isOwn, at })
      },
      openReactions: (tile, at) => {
        if (canAct(tile) && canWrite) setPopup({ type: 'reactions', message: tile.message, at })
      },
      toggleReaction: (message, emoji) => {
        const account = me.getSnapshot()?.account ?? ''
        const isOn = !message.reactions.some((row) => row.emoji === emoji && row.accounts.includes(account))
        if (isOn) preferences.noteEmoji(emoji)
        change(client.call('messages.react', { conversation: id, message: message.id, emoji, isOn }))
      },
      delete: (message) => change(client.call('messages.delete', { conversation: id, message: message.id })),
      hide: (message) => {
        client.call('messages.hide', { conversation: id, message: message.id }).then(
          () => timeline.drop(message.id),
          (error: unknown) => toasts.show(reasonOf(error)),
        )
      },
      copy: (message) => {
        if (message.content.type !== 'text') return
        navigator.clipboard.writeText(message.content.text).then(
          () => toasts.show(t.app.copied),
          (error: unknown) => toasts.show(reasonOf(error)),
        )
      },
      retry: (message) => timeline.retry(message.id),
      discard: (message) => {
        const text = timeline.discardEcho(message.id)
        if (text !== undefined && composer.getSnapshot().text === '') composer.setText(text)
      },
      jumpTo: (message) => {
        void timeline.jumpTo(message).then((reason) => {
          if (reason !== undefined) toasts.show(reason)
        })
      },
      startReply: (message) => composer.reply(message),
      startEdit: (message) => {
        if (isMine(message)) composer.edit(message)
      },
      write: () => composer.focus(),
      show: setPopup,
    }
  }, [session, toasts, preferences, timeline, composer, id, status, setPopup])
}
