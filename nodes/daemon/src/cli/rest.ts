import { Sentence } from './command.ts'

/** A running node's REST API, for this program's own commands. */
export interface RestNode {
  readonly url: string
  readonly token: string
}

/** Asks a node and gives its JSON answer. @throws Sentence with the problem's text, or that nothing answers. */
export async function ask(node: RestNode, method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
  const authorization = `Bearer ${node.token}`
  const given = body === undefined ? {} : { body: JSON.stringify(body) }
  const headers = { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  let response: Response
  try {
    response = await fetch(node.url + path, { method, headers, ...given })
  } catch (cause) {
    throw new Sentence(`No node answers at ${node.url}.`, { cause })
  }
  const answer: unknown = response.status === 204 ? null : await response.json().catch(() => null)
  if (response.ok) return answer
  const title = textAt(answer, 'title') ?? `The node answered ${response.status}.`
  throw new Sentence(`${title} (${textAt(answer, 'code') ?? response.status})`)
}

/** A text property of an answer. */
export function textAt(value: unknown, key: string): string | undefined {
  const found: unknown =
    typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(key) : undefined
  return typeof found === 'string' ? found : undefined
}
