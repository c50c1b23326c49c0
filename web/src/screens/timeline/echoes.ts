import type { ApiClient, Message } from '@parley/engine/api'
import type { Environment } from '../../app/environment.ts'
import { codeOf, reasonOf } from '../../app/reason.ts'
import type { Echo } from './tiles.ts'

/** What was just written here, shown before the node has answered. */
export interface Echoes {
  list(): readonly Echo[]
  /** Keys of stored messages that began as an echo, by message id. */
  keys(): ReadonlyMap<string, string>
  /** @returns the key of the new echo. */
  send(text: string, replyTo: string | undefined): string
  /** Recognises own messages that the node reports before it has answered the call. @returns all of them, unchanged. */
  adopt(messages: readonly Message[], known: ReadonlySet<string>): readonly Message[]
  /** @returns false when the id is not an echo's. */
  retry(id: string): boolean
  /** Hands over again what a lost link left unanswered. */
  resend(): void
  /** @returns the text. */
  discard(id: string): string | undefined
  dispose(): void
}

interface EchoPorts {
  readonly client: ApiClient
  readonly environment: Environment
  readonly conversation: string
  me(): string
  /** The node has stored what was an echo. */
  stored(message: Message): void
  changed(): void
}

/** Sorts after everything that the node can give. */
const LAST_ORDER = '\u{10FFFF}'

export const createEchoes = ({ client, environment, conversation, me, stored, changed }: EchoPorts): Echoes => {
  let echoes: readonly Echo[] = []
  const keyById = new Map<string, string>()
  const unanswered = new Set<string>()
  let count = 0
  let isDisposed = false

  const textOf = (echo: Echo) => (echo.message.content.type === 'text' ? echo.message.content.text : '')
  const drop = (key: string) => {
    unanswered.delete(key)
    echoes = echoes.filter((echo) => echo.key !== key)
  }
  const replace = (key: string, fields: Partial<Message>) => {
    echoes = echoes.map((echo) => (echo.key === key ? { key, message: { ...echo.message, ...fields } } : echo))
  }

  const deliver = async (key: string, text: string, replyTo: string | undefined) => {
    try {
      const message = await client.call('messages.send', {
        conversation,
        text,
        ...(replyTo === undefined ? {} : { replyTo }),
      })
      keyById.set(message.id, key)
      drop(key)
      if (!isDisposed) stored(message)
    } catch (error) {
      // The node went away before it answered: it may have the message. Its return tells.
      if (codeOf(error) === 'CLOSED') unanswered.add(key)
      else replace(key, { state: 'failed', failure: reasonOf(error) })
      if (!isDisposed) changed()
    }
  }

  return {
    list: () => echoes,
    keys: () => keyById,
    send: (text, replyTo) => {
      count += 1
      const key = `echo-${count}`
      const message: Message = {
        id: key,
        conversation,
        sender: me(),
        content: { type: 'text', text },
        sentAt: environment.now(),
        state: 'queued',
        parents: [],
        order: LAST_ORDER,
        reactions: [],
        hasGapBefore: false,
        isClockSkewed: false,
        ...(replyTo === undefined ? {} : { replyTo }),
      }
      echoes = [...echoes, { key, message }]
      void deliver(key, text, replyTo)
      return key
    },
    adopt: (messages, known) => {
      for (const message of messages) {
        if (known.has(message.id) || keyById.has(message.id) || message.sender !== me()) continue
        const { content } = message
        const echo = echoes.find((each) => content.type === 'text' && textOf(each) === content.text)
        if (echo === undefined) continue
        keyById.set(message.id, echo.key)
        drop(echo.key)
      }
      return messages
    },
    retry: (id) => {
      const echo = echoes.find(({ key }) => key === id)
      if (echo === undefined) return false
      replace(id, { state: 'queued' })
      changed()
      void deliver(id, textOf(echo), echo.message.replyTo)
      return true
    },
    resend: () => {
      const keys = [...unanswered]
      unanswered.clear()
      for (const echo of echoes) if (keys.includes(echo.key)) void deliver(echo.key, textOf(echo), echo.message.replyTo)
    },
    discard: (id) => {
      const echo = echoes.find(({ key }) => key === id)
      drop(id)
      changed()
      return echo === undefined ? undefined : textOf(echo)
    },
    dispose: () => {
      isDisposed = true
    },
  }
}
