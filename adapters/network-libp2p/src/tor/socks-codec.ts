/** The client's half of SOCKS5 (RFC 1928) with a user name (RFC 1929), as bytes in and bytes out. Spec: TOR-3, TOR-4. */
import { assert, concat, utf8 } from '@parley/core'

/** A name or an address as text; the proxy resolves it, never we. */
export interface SocksTarget {
  /** 1–255 ASCII letters. */
  readonly host: string
  readonly port: number
}

/** Tor gives different circuits to different logins (IsolateSOCKSAuth) and checks nothing. 1–255 bytes each. */
export interface SocksLogin {
  readonly user: string
  readonly password: string
}

export type SocksRefusal =
  /** What answers does not speak SOCKS5, or not as we asked. */
  | { readonly reason: 'not-socks' }
  | { readonly reason: 'login-refused' }
  /** The reply code of RFC 1928, or one of Tor's own (0xF0–0xF7). */
  | { readonly reason: 'target-refused'; readonly code: number }

export type SocksStep =
  | { readonly type: 'waiting'; readonly write: readonly Uint8Array[] }
  /** `rest`: what came after the reply, and is the target's first word. Fresh memory. */
  | { readonly type: 'connected'; readonly write: readonly Uint8Array[]; readonly rest: Uint8Array }
  | { readonly type: 'refused'; readonly write: readonly Uint8Array[]; readonly refusal: SocksRefusal }

export interface SocksClient {
  /** The first bytes to write. */
  readonly greeting: Uint8Array
  /**
   * Takes what the proxy said, in pieces of any size, and says what to write and where this has come to. Never throws
   * for any bytes; keeps at most 262 of them between calls. Not to be called again after `connected` or `refused`.
   */
  push(bytes: Uint8Array): SocksStep
}

const VERSION = 5
const LOGIN_VERSION = 1
const METHOD_LOGIN = 2
const COMMAND_CONNECT = 1
const ADDRESS_IP4 = 1
const ADDRESS_NAME = 3
const ADDRESS_IP6 = 4
const FIELD_BYTES_MAX = 255

export const SOCKS_GREETING = Uint8Array.of(VERSION, 1, METHOD_LOGIN)

/** @returns false when the host cannot be said to a SOCKS proxy, or is not plain ASCII. */
export const isSocksHost = (host: string): boolean => /^[a-z0-9._:-]{1,255}$/i.test(host)

type Stage = 'method' | 'login' | 'reply'
type Take = (write: Uint8Array[]) => SocksStep | 'more' | 'next'

/** One handshake. The target's host and the login must be as their types say. */
export function createSocksClient(target: SocksTarget, login: SocksLogin): SocksClient {
  assert(isSocksHost(target.host), 'the host can be said to a proxy')
  let bytes: Uint8Array = new Uint8Array(0)
  let stage: Stage = 'method'

  const refused = (write: readonly Uint8Array[], refusal: SocksRefusal): SocksStep => ({
    type: 'refused',
    write,
    refusal,
  })
  const take: Readonly<Record<Stage, Take>> = {
    method: (write) => {
      if (bytes.length > 0 && bytes[0] !== VERSION) return refused(write, { reason: 'not-socks' })
      if (bytes.length < 2) return 'more'
      if (bytes[1] !== METHOD_LOGIN) return refused(write, { reason: 'not-socks' })
      write.push(encodeLogin(login))
      bytes = bytes.subarray(2)
      stage = 'login'
      return 'next'
    },
    login: (write) => {
      if (bytes.length > 0 && bytes[0] !== LOGIN_VERSION) return refused(write, { reason: 'not-socks' })
      if (bytes.length < 2) return 'more'
      if (bytes[1] !== 0) return refused(write, { reason: 'login-refused' })
      write.push(encodeConnect(target))
      bytes = bytes.subarray(2)
      stage = 'reply'
      return 'next'
    },
    reply: (write) => {
      const reply = readReply(bytes)
      if (reply.type === 'more') return 'more'
      if (reply.type === 'refused') return refused(write, reply.refusal)
      return { type: 'connected', write, rest: bytes.slice(reply.length) }
    },
  }
  return {
    greeting: SOCKS_GREETING,
    push(piece) {
      bytes = concat(bytes, piece)
      const write: Uint8Array[] = []
      for (;;) {
        const step = take[stage](write)
        if (step === 'next') continue
        return step === 'more' ? { type: 'waiting', write } : step
      }
    },
  }
}

type Reply =
  | { readonly type: 'more' }
  | { readonly type: 'refused'; readonly refusal: SocksRefusal }
  | { readonly type: 'ok'; readonly length: number }

/** The address that the proxy names is of no interest, but its length is. */
function readReply(bytes: Uint8Array): Reply {
  const [version, code, , kind, nameLength] = bytes
  if (version === undefined) return { type: 'more' }
  if (version !== VERSION) return { type: 'refused', refusal: { reason: 'not-socks' } }
  if (code === undefined) return { type: 'more' }
  if (code !== 0) return { type: 'refused', refusal: { reason: 'target-refused', code } }
  if (kind === undefined) return { type: 'more' }
  const addressLength = kind === ADDRESS_IP4 ? 4 : kind === ADDRESS_IP6 ? 16 : kind === ADDRESS_NAME ? nameLength : -1
  if (addressLength === -1) return { type: 'refused', refusal: { reason: 'not-socks' } }
  if (addressLength === undefined) return { type: 'more' }
  const length = 4 + (kind === ADDRESS_NAME ? 1 : 0) + addressLength + 2
  return bytes.length < length ? { type: 'more' } : { type: 'ok', length }
}

function encodeLogin({ user, password }: SocksLogin): Uint8Array {
  return concat(Uint8Array.of(LOGIN_VERSION), field(user), field(password))
}

function encodeConnect({ host, port }: SocksTarget): Uint8Array {
  const head = Uint8Array.of(VERSION, COMMAND_CONNECT, 0, ADDRESS_NAME)
  return concat(head, field(host), Uint8Array.of(port >> 8, port & 255))
}

function field(text: string): Uint8Array {
  const bytes = utf8(text)
  assert(bytes.length > 0 && bytes.length <= FIELD_BYTES_MAX, 'a field of SOCKS has 1 to 255 bytes')
  return concat(Uint8Array.of(bytes.length), bytes)
}

const REPLIES: Readonly<Record<number, string>> = {
  1: 'Tor could not connect',
  2: 'Tor does not allow this address',
  3: 'the network behind Tor cannot reach it',
  4: 'it is not found; an onion service that is away looks like this',
  5: 'nothing listens there',
  6: 'Tor took too long',
  7: 'the proxy does not connect',
  8: 'the proxy does not know this kind of address',
  0xf0: 'the onion address is not published',
  0xf1: 'the description of the onion service is damaged',
  0xf2: 'the onion service did not answer the introduction',
  0xf3: 'the onion service did not come to the meeting point',
  0xf4: 'the onion service wants an authorisation',
  0xf5: 'the onion service refuses our authorisation',
  0xf6: 'this is not an onion address',
  0xf7: 'the onion service did not answer in time',
}

/** A refusal in words, the end of a sentence. */
export function socksRefusalText(refusal: SocksRefusal): string {
  if (refusal.reason === 'not-socks') return 'what answers is not a SOCKS port with logins'
  if (refusal.reason === 'login-refused') return 'the proxy refuses the login'
  return REPLIES[refusal.code] ?? `the proxy refuses with code ${refusal.code}`
}
