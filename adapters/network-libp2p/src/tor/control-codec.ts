/** Replies of Tor's control port (control-spec), from bytes that may be anything. Spec: TOR-7. */
import { TOR_CONTROL_REPLY_BYTES_MAX } from '@parley/core'

export interface ControlReply {
  /** 250 for what was done, 650 for an event, 5xx for what was refused. */
  readonly code: number
  /** The text of each line after its code; data blocks are left out. At least one. */
  readonly lines: readonly string[]
}

export interface ControlReader {
  /**
   * Takes bytes in pieces of any size and gives the replies that are complete. `undefined`: this is not a control port,
   * or one reply is larger than TOR_CONTROL_REPLY_BYTES_MAX. Never throws; not to be called again after `undefined`.
   */
  push(bytes: Uint8Array): readonly ControlReply[] | undefined
}

const LINE = /^([2-6][0-9]{2})([ +-])([^\r\0]*)$/

export function createControlReader(): ControlReader {
  let text = ''
  let lines: string[] = []
  let code: number | undefined
  let isInData = false
  let replyBytes = 0

  /** @returns false when the line is none of the protocol. */
  const readLine = (line: string, replies: ControlReply[]): boolean => {
    if (isInData) {
      isInData = line !== '.'
      return true
    }
    const [, codeText, separator, rest = ''] = LINE.exec(line) ?? []
    if (codeText === undefined || (code !== undefined && code !== Number(codeText))) return false
    code = Number(codeText)
    lines.push(rest)
    isInData = separator === '+'
    if (separator !== ' ') return true
    replies.push({ code, lines })
    lines = []
    code = undefined
    replyBytes = 0
    return true
  }

  return {
    push(bytes) {
      text += Buffer.from(bytes).toString('latin1')
      const replies: ControlReply[] = []
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        replyBytes += end + 1
        const line = text.slice(0, text[end - 1] === '\r' ? end - 1 : end)
        text = text.slice(end + 1)
        if (replyBytes > TOR_CONTROL_REPLY_BYTES_MAX || !readLine(line, replies)) return undefined
      }
      return replyBytes + text.length > TOR_CONTROL_REPLY_BYTES_MAX ? undefined : replies
    },
  }
}

/** What the control port says of itself before anybody proved anything. */
export interface ProtocolInfo {
  readonly methods: readonly string[]
  readonly cookieFile?: string
}

/** @returns `undefined` when the reply to PROTOCOLINFO names no methods. */
export function parseProtocolInfo({ lines }: ControlReply): ProtocolInfo | undefined {
  const line = lines.find((each) => each.startsWith('AUTH '))
  const [, methods, rest = ''] = /^AUTH METHODS=([A-Z0-9,]+)(.*)$/.exec(line ?? '') ?? []
  if (methods === undefined) return undefined
  const [, quoted] = /^ COOKIEFILE="((?:[^"\\]|\\.)*)"/.exec(rest) ?? []
  return { methods: methods.split(','), ...(quoted === undefined ? {} : { cookieFile: unquote(quoted) }) }
}

/** @returns `undefined` unless the reply to AUTHCHALLENGE holds 32 bytes of each. */
export function parseChallenge({ lines }: ControlReply): { hash: Buffer; nonce: Buffer } | undefined {
  const pattern = /^AUTHCHALLENGE SERVERHASH=([0-9a-f]{64}) SERVERNONCE=([0-9a-f]{64})$/i
  const [, hash, nonce] = pattern.exec(lines[0] ?? '') ?? []
  if (hash === undefined || nonce === undefined) return undefined
  return { hash: Buffer.from(hash, 'hex'), nonce: Buffer.from(nonce, 'hex') }
}

/** A text as the control port reads it back unchanged, in quotes. */
export const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, (letter) => `\\${letter}`)}"`

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/** The text inside quotes. Paths are UTF-8, which Tor writes as octal escapes. */
function unquote(text: string): string {
  const plain = text.replaceAll(/\\([0-7]{1,3}|.)/g, (_, escape: string) =>
    /^[0-7]/.test(escape) ? String.fromCharCode(Number.parseInt(escape, 8) & 255) : (ESCAPES[escape] ?? escape),
  )
  return Buffer.from(plain, 'latin1').toString('utf8')
}
