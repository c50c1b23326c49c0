/** What the daemon adds to the engine's table: its own state, the passphrase, recovery, the practice partner. NODE-1…NODE-4 */
import { type ApiClient, type Conversation, EngineError } from '@parley/engine'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { problemResponse } from './routes.ts'

const PASSPHRASE_LETTERS_MAX = 1_024
const PHRASE_LETTERS_MAX = 1_024
const NAME_LETTERS_MAX = 128

export interface NodeControls {
  status(): { readonly state: 'locked' | 'open'; readonly version: string }
  /** @throws EngineError `PASSPHRASE_WRONG`, `RATE_LIMITED` */
  unlock(passphrase: string): Promise<void>
  /** @throws EngineError `RECOVERY_PHRASE_INVALID`, `ACCOUNT_IN_USE`, `LOCKED` */
  recover(phrase: string, name: string): Promise<void>
  /** @throws EngineError `PRACTICE_UNAVAILABLE`, `LOCKED` */
  practice(): Promise<Conversation>
}

const statusSchema = {
  description: 'Done',
  type: 'object',
  required: ['state', 'version'],
  properties: { state: { enum: ['locked', 'open'] }, version: { type: 'string' } },
}
const text = (maxLength: number) => ({ type: 'string', maxLength })

export function addNodeRoutes(server: FastifyInstance, controls: NodeControls, client: () => ApiClient): void {
  const tags = ['node']
  const response = { 200: statusSchema, default: problemResponse }
  server.get(
    '/v1/status',
    { schema: { operationId: 'node.status', summary: 'Whether the node is open', tags, response } },
    async () => controls.status(),
  )
  server.post(
    '/v1/unlock',
    {
      schema: {
        operationId: 'node.unlock',
        summary: 'Opens the sealed keys for as long as the node runs',
        tags,
        body: { type: 'object', required: ['passphrase'], properties: { passphrase: text(PASSPHRASE_LETTERS_MAX) } },
        response,
      },
    },
    async (request) => {
      await controls.unlock(textField(request, 'passphrase', PASSPHRASE_LETTERS_MAX))
      return controls.status()
    },
  )
  server.post(
    '/v1/recover',
    {
      schema: {
        operationId: 'node.recover',
        summary: 'Replaces a fresh account by the one of its recovery words: 24, or 12 of OpenBazaar',
        tags,
        body: {
          type: 'object',
          required: ['phrase'],
          properties: { phrase: text(PHRASE_LETTERS_MAX), name: text(NAME_LETTERS_MAX) },
        },
        response,
      },
    },
    async (request) => {
      const phrase = textField(request, 'phrase', PHRASE_LETTERS_MAX)
      await controls.recover(phrase, textField(request, 'name', NAME_LETTERS_MAX, ''))
      return controls.status()
    },
  )
  server.post(
    '/v1/practice',
    {
      schema: {
        operationId: 'node.practice',
        summary: 'Starts Echo, a practice partner on this machine, and answers with the conversation',
        tags,
        response: {
          200: { description: 'The conversation, as in conversations.list', type: 'object' },
          default: problemResponse,
        },
      },
    },
    async () => {
      client()
      return controls.practice()
    },
  )
}

/** A text of the request's body. @throws EngineError `INVALID_PARAMETERS` naming the field, never repeating its value. */
function textField(request: FastifyRequest, name: string, lettersMax: number, otherwise?: string): string {
  const body: unknown = request.body
  const value: unknown =
    typeof body === 'object' && body !== null ? Object.entries(body).find(([key]) => key === name)?.[1] : undefined
  if (value === undefined && otherwise !== undefined) return otherwise
  if (typeof value === 'string' && value.length <= lettersMax) return value
  throw new EngineError('INVALID_PARAMETERS', `/${name} must be a text of at most ${lettersMax} letters`)
}
