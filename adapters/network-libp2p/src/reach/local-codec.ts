/** Questions and answers on the local network, in the form of multicast DNS (RFC 6762). Everything read is total. NET-15 */
import { decode, encode } from 'dns-packet'

const SUFFIX = '._parley._udp.local'
const TAG = /^[0-9a-f]{32}$/
/** What is read of one packet, and put into one: it stays below what every network carries in one piece. */
export const TAGS_PER_PACKET_MAX = 16
const PACKET_BYTES_MAX = 2_048
const TTL_S = 10

export interface LocalQuestion {
  readonly id: number
  readonly tags: readonly string[]
}

export interface LocalAnswer {
  readonly id: number
  readonly tag: string
  /** Where the one who answers listens, at the address from which it answers. */
  readonly port: number
}

/** At most TAGS_PER_PACKET_MAX tags. */
export const encodeLocalQuestion = ({ id, tags }: LocalQuestion): Uint8Array =>
  encode({ type: 'query', id, questions: tags.map((tag) => ({ type: 'SRV', class: 'IN', name: tag + SUFFIX })) })

export const encodeLocalAnswer = ({ id, tag, port }: LocalAnswer): Uint8Array =>
  encode({
    type: 'response',
    id,
    questions: [{ type: 'SRV', class: 'IN', name: tag + SUFFIX }],
    answers: [{ type: 'SRV', name: tag + SUFFIX, ttl: TTL_S, data: { port, target: tag + SUFFIX } }],
  })

/** `undefined` for every packet that asks for none of our names: the others of the local network ask here too. */
export function decodeLocalQuestion(bytes: Uint8Array): LocalQuestion | undefined {
  const packet = read(bytes)
  if (packet?.type !== 'query') return undefined
  const tags = (packet.questions ?? [])
    .slice(0, TAGS_PER_PACKET_MAX)
    .flatMap(({ type, name }) => (type === 'SRV' ? (tagOf(name) ?? []) : []))
  return tags.length === 0 ? undefined : { id: packet.id ?? 0, tags }
}

export function decodeLocalAnswer(bytes: Uint8Array): LocalAnswer | undefined {
  const packet = read(bytes)
  const answer = packet?.type === 'response' ? packet.answers?.[0] : undefined
  if (answer?.type !== 'SRV') return undefined
  const tag = tagOf(answer.name)
  const { port } = answer.data
  return tag === undefined || port < 1 ? undefined : { id: packet?.id ?? 0, tag, port }
}

function tagOf(name: string): string | undefined {
  const tag = name.toLowerCase().endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length).toLowerCase() : ''
  return TAG.test(tag) ? tag : undefined
}

function read(bytes: Uint8Array): ReturnType<typeof decode> | undefined {
  if (bytes.length > PACKET_BYTES_MAX) return undefined
  try {
    return decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch {
    return undefined
  }
}
