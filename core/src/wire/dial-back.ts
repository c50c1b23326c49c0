/**
 * The question whether one can be reached from outside, and its answer, on a stream of their own
 * (`/parley/dial-back/1.0.0`). Spec: NET-12.
 */
import { type CborValue, decodeCbor, encodeCbor, isList, isText, isUint } from '../base/cbor.ts'
import { ADDRESS_LENGTH_MAX, DIAL_BACK_PORTS_MAX } from '../base/limits.ts'

const VERSION = 1
const REACHED = 0
const UNREACHED = 1
const REFUSED = 2

/** Where the asker listens: whoever answers adds the address that it sees the asker at, and no other. */
export interface DialBackPort {
  /** 1…65535. */
  readonly port: number
  readonly transport: 'tcp' | 'ws'
}

/**
 * `relayed`: the question came through a relay. `stranger`: only peers with an authenticated session are served here.
 * `too-often`: the budget of the asker's place is used up. `busy`: that of everybody is.
 */
export type DialBackRefusal = 'relayed' | 'stranger' | 'too-often' | 'busy' | 'other'

export type DialBackAnswer =
  /** Somebody with the asker's key took a fresh connection at `address`, a multiaddr without `/p2p/`. */
  | { readonly type: 'reached'; readonly address: string }
  | { readonly type: 'unreached' }
  | { readonly type: 'refused'; readonly reason: DialBackRefusal }

const REASONS: readonly string[] = ['relayed', 'stranger', 'too-often', 'busy'] satisfies DialBackRefusal[]
const isReason = (value: string): value is DialBackRefusal => REASONS.includes(value)

/** `ports`: one to DIAL_BACK_PORTS_MAX. */
export const encodeDialBackRequest = (ports: readonly DialBackPort[]): Uint8Array =>
  encodeCbor([VERSION, ports.map(({ port, transport }) => [port, transport === 'ws' ? 1 : 0])])

/** `undefined` for everything that is no request. Never throws. */
export function decodeDialBackRequest(bytes: Uint8Array): readonly DialBackPort[] | undefined {
  const value = decodeCbor(bytes)
  if (!isList(value) || value.length !== 2 || value[0] !== VERSION) return undefined
  const [, listed] = value
  if (!isList(listed, DIAL_BACK_PORTS_MAX) || listed.length === 0) return undefined
  const ports = listed.map(portOf).filter((port) => port !== undefined)
  return ports.length === listed.length ? ports : undefined
}

function portOf(value: CborValue): DialBackPort | undefined {
  if (!isList(value) || value.length !== 2) return undefined
  const [port, transport] = value
  if (!isUint(port) || port < 1 || port > 65_535 || (transport !== 0 && transport !== 1)) return undefined
  return { port, transport: transport === 1 ? 'ws' : 'tcp' }
}

export function encodeDialBackAnswer(answer: DialBackAnswer): Uint8Array {
  if (answer.type === 'reached') return encodeCbor([VERSION, REACHED, answer.address])
  if (answer.type === 'unreached') return encodeCbor([VERSION, UNREACHED])
  return encodeCbor([VERSION, REFUSED, answer.reason])
}

/** `undefined` for everything that is no answer; a reason of a later version is `other`. Never throws. */
export function decodeDialBackAnswer(bytes: Uint8Array): DialBackAnswer | undefined {
  const value = decodeCbor(bytes)
  if (!isList(value) || value[0] !== VERSION) return undefined
  const [, outcome, detail] = value
  if (outcome === UNREACHED) return value.length === 2 ? { type: 'unreached' } : undefined
  if (value.length !== 3 || !isText(detail, ADDRESS_LENGTH_MAX)) return undefined
  if (outcome === REFUSED) return { type: 'refused', reason: isReason(detail) ? detail : 'other' }
  return outcome === REACHED && detail.startsWith('/') ? { type: 'reached', address: detail } : undefined
}
