/** A stream of the table over plain HTTP: one item a line, as they are found (NDJSON). Spec: API-20. */
import { EngineError, type LogPort } from '@parley/engine'
import type { FastifyReply } from 'fastify'
import { Readable } from 'node:stream'
import { toEngineError } from './problems.ts'

export const NDJSON = 'application/x-ndjson'
/** What is found for one slow reader before no more is asked for; the network's own buffers come on top. */
const AHEAD_BYTES_MAX = 65_536

/** Streams that run over plain HTTP at a time; one more is told to wait. */
export const HTTP_STREAMS_MAX = 64

/** Streams of one server. */
export class HttpStreams {
  readonly #log: LogPort
  #running = 0

  constructor(log: LogPort) {
    this.#log = log
  }

  /** As {@link sendStream}. @throws EngineError `RATE_LIMITED` */
  send(reply: FastifyReply, open: (signal: AbortSignal) => AsyncIterable<unknown>): Promise<FastifyReply> {
    if (this.#running >= HTTP_STREAMS_MAX) throw new EngineError('RATE_LIMITED', 'too many streams')
    this.#running++
    reply.raw.once('close', () => this.#running--)
    return sendStream(reply, open, this.#log)
  }
}

/**
 * Answers with the items of `open`, which ends with the connection. What fails before the first item is thrown; what
 * fails later ends the answer with one line `{"problem": …}`.
 */
async function sendStream(
  reply: FastifyReply,
  open: (signal: AbortSignal) => AsyncIterable<unknown>,
  log: LogPort,
): Promise<FastifyReply> {
  const gone = new AbortController()
  const items = open(gone.signal)[Symbol.asyncIterator]()
  reply.raw.once('close', () => {
    gone.abort()
    // One that waits for its reader hears no signal: leaving it is what cancels it.
    items.return?.().catch(() => undefined)
  })
  try {
    const first = await items.next()
    const lines = linesOf(first, items, { signal: gone.signal, log })
    const body = Readable.from(lines, { objectMode: false, highWaterMark: AHEAD_BYTES_MAX })
    return await reply.type(`${NDJSON}; charset=utf-8`).send(body)
  } catch (error) {
    if (!gone.signal.aborted) throw error
    // Nobody is there to be answered.
    return reply.hijack()
  }
}

interface Reader {
  readonly signal: AbortSignal
  readonly log: LogPort
}

async function* linesOf(
  first: IteratorResult<unknown>,
  items: AsyncIterator<unknown>,
  { signal, log }: Reader,
): AsyncGenerator<string> {
  try {
    for (let item = first; item.done !== true; item = await items.next()) yield `${JSON.stringify(item.value)}\n`
  } catch (error) {
    if (signal.aborted) return
    const shown = toEngineError(error)
    if (shown === undefined) log.log('error', 'stream failed', { error: String(error) })
    yield `${JSON.stringify({ problem: (shown ?? new EngineError('INTERNAL')).toProblem() })}\n`
  }
}
