import fastifyStatic from '@fastify/static'
import { EngineError } from '@parley/engine'
import type { FastifyInstance } from 'fastify'
import { existsSync } from 'node:fs'
import { extname, join } from 'node:path'
import { PAGE_ROOT } from '../places.ts'
import { sendProblem } from './problems.ts'

const NOT_BUILT = 'The page is not built. Run npm start in the repository, or npm run build.\n'

/** Serves the page; an address of the page's own routing gets its first document, anything else is not found. */
export async function usePage(server: FastifyInstance, root = PAGE_ROOT): Promise<void> {
  const isBuilt = existsSync(join(root, 'index.html'))
  if (isBuilt) {
    await server.register(fastifyStatic, {
      root,
      cacheControl: false,
      setHeaders(response, path) {
        // File names under assets carry a hash of their content; everything else is asked for again each time.
        const isHashed = path.slice(root.length).startsWith('/assets/')
        response.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
  }
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const isVisit = request.method === 'GET' && request.headers.accept?.includes('text/html') === true
    const isPage = isVisit && !path.startsWith('/v1/') && extname(path) === ''
    if (!isPage) return sendProblem(reply, new EngineError('NOT_FOUND'))
    return isBuilt ? reply.sendFile('index.html') : reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT)
  })
}
