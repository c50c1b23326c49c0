/** Reads bodies as Go's JSON decoder would, and says what is wrong with them in its words. Spec: OBG-5. */
import { Refusal } from './refusal.ts'
import { KEPT_DEPTH_MAX } from './limits.ts'

/** A JSON object of somebody else, whose properties may be anything. */
export type Given = Readonly<Record<string, unknown>>

/** @throws Refusal 400 for an empty body and for what is not JSON. */
export function parseBody(body: string): unknown {
  if (body.trim() === '') throw new Refusal(400, 'EOF')
  try {
    const value: unknown = JSON.parse(body)
    return value
  } catch (cause) {
    throw new Refusal(400, 'invalid character in JSON, or unexpected end of it', { cause })
  }
}

/** @throws Refusal 400 */
export function parseObject(body: string, goType: string): Given {
  const value = parseBody(body)
  if (value === null) return {}
  if (!isGiven(value)) throw mismatch(value, `value of type ${goType}`)
  return value
}

export const isGiven = (value: unknown): value is Given =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws Refusal 400 when it is no list of texts. */
export function parseTexts(body: string): readonly string[] {
  return textsOf(parseBody(body), 'value')
}

/** A text; missing and null are empty, as in Go. @throws Refusal 400 */
export function textIn(given: Given, name: string): string {
  const value = valueIn(given, name)
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw mismatch(value, `struct field .${name} of type string`)
  return value.toWellFormed()
}

/** A list of texts; missing and null are empty. @throws Refusal 400 */
export const textsIn = (given: Given, name: string): readonly string[] =>
  textsOf(valueIn(given, name) ?? [], `struct field .${name}`)

/** By its name, or else by a name that differs in capitals, which Go takes as well. */
export function valueIn(given: Given, name: string): unknown {
  if (Object.hasOwn(given, name)) return given[name]
  const lower = name.toLowerCase()
  return Object.entries(given).find(([key]) => key.toLowerCase() === lower)?.[1]
}

function textsOf(value: unknown, place: string): readonly string[] {
  if (value === null) return []
  const what = place === 'value' ? 'value' : place
  if (!Array.isArray(value)) throw mismatch(value, `${what} of type []string`)
  return value.map((item: unknown) => {
    if (item === null) return ''
    if (typeof item !== 'string') throw mismatch(item, `${what} of type string`)
    return item.toWellFormed()
  })
}

const mismatch = (value: unknown, wanted: string): Refusal =>
  new Refusal(400, `json: cannot unmarshal ${kindOf(value)} into Go ${wanted}`)

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/**
 * A copy that may be kept and shown: plain values, no null properties, at most KEPT_DEPTH_MAX deep; `undefined` when it is
 * deeper or no JSON.
 */
export function kept(value: unknown, depth = 0): unknown {
  if (depth > KEPT_DEPTH_MAX) return undefined
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => kept(item, depth + 1))
    return items.includes(undefined) ? undefined : items
  }
  if (!isGiven(value)) return undefined
  const entries: [string, unknown][] = []
  for (const [key, item] of Object.entries(value)) {
    if (item === null || key === '__proto__') continue
    const copy = kept(item, depth + 1)
    if (copy === undefined) return undefined
    entries.push([key, copy])
  }
  return Object.fromEntries(entries)
}
