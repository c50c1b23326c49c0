import { EngineError, type Conversation } from '@parley/engine/api'
import { connectSocket } from '@parley/engine/client'
import { codeOf } from './reason.ts'
import type { NodeLink, NodeState } from './node-link.ts'

const JSON_HEADERS = { 'content-type': 'application/json' }

/** Rejects with the problem's code when the node refuses. */
const post = async (path: string, body: unknown = {}): Promise<unknown> => {
  let response: Response
  try {
    response = await fetch(path, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) })
  } catch (cause) {
    throw new EngineError('CLOSED', undefined, { cause })
  }
  const answer: unknown = response.status === 204 ? null : await response.json().catch(() => null)
  if (!response.ok) throw new EngineError(codeOf(answer) ?? 'INTERNAL')
  return answer
}

const status = async (): Promise<NodeState> => {
  let response: Response
  try {
    response = await fetch('/v1/status')
  } catch {
    return 'unreachable'
  }
  if (response.status === 401 || response.status === 403) return 'unauthorized'
  const answer: unknown = await response.json().catch(() => null)
  const isLocked = typeof answer === 'object' && answer !== null && 'state' in answer && answer.state === 'locked'
  if (isLocked) return 'locked'
  return response.ok ? 'open' : 'unreachable'
}

const isConversation = (answer: unknown): answer is Conversation =>
  typeof answer === 'object' && answer !== null && 'id' in answer && typeof answer.id === 'string'

/** The node that served this page. */
export const createHttpNode = (): NodeLink => ({
  status,
  unlock: async (passphrase) => void (await post('/v1/unlock', { passphrase })),
  recover: async (phrase, name) => void (await post('/v1/recover', { phrase, name })),
  practice: async () => {
    const answer = await post('/v1/practice')
    if (!isConversation(answer)) throw new EngineError('PRACTICE_UNAVAILABLE')
    return answer
  },
  connect: () => {
    const socket = connectSocket(`${location.origin.replace(/^http/u, 'ws')}/v1/socket`)
    // Somebody is back in front of the page: no reason to wait for the next try.
    const retry = () => {
      if (document.visibilityState === 'visible' && socket.state() === 'lost') socket.reconnect()
    }
    window.addEventListener('online', retry)
    document.addEventListener('visibilitychange', retry)
    return {
      client: socket,
      onState: (handler) => {
        handler(socket.state())
        return socket.onState(handler)
      },
      close: () => {
        window.removeEventListener('online', retry)
        document.removeEventListener('visibilitychange', retry)
        socket.close()
      },
    }
  },
})
