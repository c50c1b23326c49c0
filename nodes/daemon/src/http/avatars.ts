/** Pictures of people as the page shows them, each at an address of its own. Spec: NODE-10 */
import type { ApiClient, CheckedOperation } from '@parley/engine'
import type { FastifyInstance } from 'fastify'
import { problemResponse } from './routes.ts'

/** A CID names exactly these bytes, so what was fetched once is never asked for again. */
const FOREVER = 'private, max-age=31536000, immutable'
/** Opened by itself the picture is a document: one that may do nothing. */
const NOTHING_ELSE = "default-src 'none'; sandbox"
const binary = { schema: { type: 'string', format: 'binary' } }

interface AvatarOptions {
  readonly client: () => ApiClient
  readonly check: (name: string, params: unknown) => CheckedOperation
}

/**
 * Adds `GET /v1/avatars/{cid}`: the picture itself, from here or from those who have it. The engine has checked its
 * bytes against the CID and its kind against its header. A picture that nobody has is a problem like any other.
 */
export function addAvatarRoute(server: FastifyInstance, { client, check }: AvatarOptions): void {
  server.get(
    '/v1/avatars/:cid',
    {
      schema: {
        operationId: 'avatars.picture',
        summary: 'A picture by its CID',
        tags: ['avatars'],
        params: { type: 'object', required: ['cid'], properties: { cid: { type: 'string' } } },
        response: {
          200: {
            description: 'The picture',
            content: { 'image/png': binary, 'image/jpeg': binary, 'image/webp': binary },
          },
          default: problemResponse,
        },
      },
    },
    async (request, reply) => {
      check('avatars.fetch', request.params)
      const { mediaType, image } = await client().call('avatars.fetch', { cid: cidOf(request.params) })
      // A browser keeps what it caches in clear; whoever sealed the folder did not mean that.
      const { hasPassphrase } = await client().call('me.get', {})
      return reply
        .type(mediaType)
        .headers({ 'content-security-policy': NOTHING_ELSE, 'cache-control': hasPassphrase ? 'no-store' : FOREVER })
        .send(Buffer.from(image, 'base64'))
    },
  )
}

const cidOf = (params: unknown): string =>
  typeof params === 'object' && params !== null && 'cid' in params && typeof params.cid === 'string' ? params.cid : ''
