/** The daemon's API as a program of the same machine uses it. */
import type { Message, OperationName, Params, ResultOf, StreamName } from '@parley/engine/api'
import { connectSocket, type SocketClient } from '@parley/engine/client'
import { until } from './until.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

/** One REST call with the token; the body is JSON. */
export async function rest(
  { url, token }: { readonly url: string; readonly token: string },
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) }
}

/** The same over the socket, typed. */
export class Api implements Disposable {
  readonly socket: SocketClient

  constructor(url: string, token: string) {
    this.socket = connectSocket(`${url.replace('http', 'ws')}/v1/socket`, { token })
  }

  call<N extends Exclude<OperationName, StreamName>>(name: N, params: Params<N>): Promise<ResultOf<N>> {
    return this.socket.call(name, params)
  }

  send(conversation: string, text: string): Promise<Message> {
    return this.call('messages.send', { conversation, text })
  }

  /** Every message of a conversation, the oldest first. */
  async history(conversation: string): Promise<readonly Message[]> {
    const pages: Message[][] = []
    let before: string | undefined
    do {
      const page = await this.call('messages.page', {
        conversation,
        limit: 200,
        ...(before === undefined ? {} : { before }),
      })
      pages.unshift(page.messages)
      before = page.hasBefore ? page.messages[0]?.id : undefined
    } while (before !== undefined)
    return pages.flat()
  }

  async texts(conversation: string): Promise<readonly string[]> {
    return (await this.history(conversation)).map(textOf)
  }

  /** Waits until a message with exactly this text is in the newest page. */
  received(conversation: string, text: string, waitMs?: number): Promise<Message> {
    const look = async (): Promise<Message | undefined> => {
      const { messages } = await this.call('messages.page', { conversation, limit: 200 })
      return messages.find((message) => textOf(message) === text)
    }
    return until(`"${text}" arrives`, look, waitMs)
  }

  [Symbol.dispose](): void {
    this.socket.close()
  }
}

export const textOf = ({ content }: Message): string => (content.type === 'text' ? content.text : `(${content.type})`)
