import { EngineError, type ErrorCode, type LogPort, PortError } from '@parley/engine'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** What the framework refuses by itself, in our codes. */
const CODES_BY_FRAMEWORK_CODE: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'INVALID_PARAMETERS',
  FST_ERR_CTP_INVALID_JSON_BODY: 'INVALID_PARAMETERS',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'INVALID_PARAMETERS',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'INVALID_PARAMETERS',
  FST_ERR_MAX_PARAM_LENGTH: 'INVALID_PARAMETERS',
  FST_ERR_BAD_URL: 'NOT_FOUND',
}

/** Any failure as one that may be shown; `undefined` when it is a defect of ours. */
export function toEngineError(error: unknown): EngineError | undefined {
  if (error instanceof EngineError) return error
  // Only a node behind Tor can fail to make its network because something is unreachable.
  if (error instanceof PortError && error.code === 'UNREACHABLE')
    return new EngineError('TOR_UNAVAILABLE', error.message)
  if (error instanceof PortError) return new EngineError(error.code === 'STORE_FULL' ? 'STORE_FULL' : 'STORE_FAILED')
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = CODES_BY_FRAMEWORK_CODE[code]
  if (known !== undefined) return new EngineError(known)
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' && status >= 400 && status < 500 ? new EngineError('INVALID_PARAMETERS') : undefined
}

/** Answers with problem details (RFC 9457). */
export function sendProblem(reply: FastifyReply, error: EngineError): FastifyReply {
  const problem = error.toProblem()
  return reply.code(problem.status).type('application/problem+json; charset=utf-8').send(JSON.stringify(problem))
}

/** Every error of this server is a problem with a code; what is not ours to show stays in the log. Spec: API-5. */
export function useProblems(server: FastifyInstance, log: LogPort): void {
  server.setErrorHandler((error, _request, reply) => {
    const shown = toEngineError(error)
    if (shown === undefined) {
      log.log('error', 'request failed', { error: error instanceof Error ? error.message : String(error) })
    }
    return sendProblem(reply, shown ?? new EngineError('INTERNAL'))
  })
}
