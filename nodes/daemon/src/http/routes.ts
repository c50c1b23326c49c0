/** The REST face of the API's table, with its OpenAPI document. Spec: API-1…API-6, API-20. */
import { type ApiClient, type CheckedOperation, type LogPort, operations } from '@parley/engine'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HttpStreams, NDJSON } from './routes-stream.ts'

type Schema = Readonly<Record<string, unknown>>

/** RFC 9457, as every error of this API is told. */
export const problemSchema: Schema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string', description: 'What people may be shown' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'For developers' },
    code: { type: 'string', description: 'Stable; see docs/spec/70-api.md' },
  },
}

export const problemResponse: Schema = {
  description: 'What went wrong',
  content: { 'application/problem+json': { schema: problemSchema } },
}

export interface RouteOptions {
  readonly client: () => ApiClient
  readonly check: (name: string, params: unknown) => CheckedOperation
  readonly log: LogPort
}

/** Adds a route for each operation of the table that has one. */
export function addOperationRoutes(server: FastifyInstance, { client, check, log }: RouteOptions): void {
  const streams = new HttpStreams(log)
  for (const [name, operation] of Object.entries(operations)) {
    const { kind, rest, summary, params, result } = operation
    if (rest === undefined) continue
    const parameters = plain(params)
    const answered = plain(result)
    const pathNames = [...rest.path.matchAll(/\{(\w+)\}/g)].map(([, key = '']) => key)
    const properties = propertiesOf(parameters)
    // What a DELETE carries in a body has no agreed meaning, so its place is the query too. One that comes is heeded all
    // the same: to remove everything because it was overlooked would be worse.
    const isInQuery = rest.method === 'GET' || rest.method === 'DELETE'
    server.route({
      method: rest.method,
      url: rest.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      schema: {
        operationId: name,
        summary,
        tags: [name.slice(0, name.indexOf('.'))],
        ...describeParameters(properties, requiredOf(parameters), pathNames, isInQuery),
        response: { ...describeAnswer(kind, answered), default: problemResponse },
      },
      async handler(request, reply) {
        const given = parametersOf(request, isInQuery ? properties : undefined)
        return answer(client, streams, check(name, given), reply)
      },
    })
  }
}

async function answer(
  client: () => ApiClient,
  streams: HttpStreams,
  operation: CheckedOperation,
  reply: FastifyReply,
): Promise<unknown> {
  const { kind, name, params } = operation
  if (kind === 'stream') return streams.send(reply, (signal) => client().stream(name, params as never, signal))
  const result: unknown = await client().call(name, params as never)
  return result === null || result === undefined ? reply.code(204).send() : result
}

function describeAnswer(kind: CheckedOperation['kind'], answered: Schema): Schema {
  if (kind === 'stream') {
    const description =
      'One of these a line, as they are found. A last line {"problem": …} says what went wrong on the way.'
    return { 200: { description, content: { [NDJSON]: { schema: answered } } } }
  }
  return answered['type'] === 'null'
    ? { 204: { description: 'Done', type: 'null' } }
    : { 200: { description: 'Done', ...answered } }
}

/** A typebox schema is JSON Schema with hidden marks of its own; the document shows the JSON. */
const plain = (schema: object): Schema => asRecord(JSON.parse(JSON.stringify(schema)))

const propertiesOf = (schema: Schema): Readonly<Record<string, Schema>> =>
  Object.fromEntries(Object.entries(asRecord(schema['properties'])).map(([name, value]) => [name, asRecord(value)]))

const requiredOf = (schema: Schema): readonly string[] =>
  Array.isArray(schema['required']) ? schema['required'].map(String) : []

function describeParameters(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[],
  pathNames: readonly string[],
  isInQuery: boolean,
): Schema {
  const part = (names: readonly string[]): Schema => ({
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, properties[name]])),
    required: required.filter((name) => names.includes(name)),
  })
  const others = Object.keys(properties).filter((name) => !pathNames.includes(name))
  return {
    ...(pathNames.length > 0 ? { params: part(pathNames) } : {}),
    ...(others.length > 0 ? { [isInQuery ? 'querystring' : 'body']: part(others) } : {}),
  }
}

/** Path, query and body as one object; the path wins, so that a body cannot speak of something else. */
function parametersOf(request: FastifyRequest, queryProperties: Readonly<Record<string, Schema>> | undefined): unknown {
  const path = asRecord(request.params)
  const { body } = request
  if (body !== undefined && body !== null && (typeof body !== 'object' || Array.isArray(body))) return body
  if (queryProperties === undefined) return { ...asRecord(body), ...path }
  const query = Object.entries(asRecord(request.query)).map(([key, value]) => [
    key,
    fromQuery(queryProperties[key], value),
  ])
  return { ...Object.fromEntries(query), ...asRecord(body), ...path }
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

/** A query holds text only; the schema says what the text stands for. */
function fromQuery(schema: Schema | undefined, value: unknown): unknown {
  if (typeof value !== 'string') return value
  const type = schema?.['type']
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  const isNumber = type === 'integer' || type === 'number'
  return isNumber && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value
}
