/**
 * Every error that a caller can meet, in one table: append only, codes are public API and cross process boundaries.
 * `user` is what the page may show: what happened, what is safe, what to do.
 */
export const errorTable = {
  INVALID_PARAMETERS: { status: 400, isRetryable: false, user: 'That was not understood. Nothing was changed.' },
  TEXT_TOO_LONG: {
    status: 400,
    isRetryable: false,
    user: 'The text is longer than 20,000 letters. It was not sent; shorten it and try again.',
  },
  TEXT_EMPTY: { status: 400, isRetryable: false, user: 'There is nothing to send.' },
  INVITE_MALFORMED: {
    status: 400,
    isRetryable: false,
    user: 'This is not a complete Parley invite. Copy the whole link and try again.',
  },
  INVITE_EXPIRED: { status: 410, isRetryable: false, user: 'This invite has expired. Ask for a new one.' },
  INVITE_IS_OWN: { status: 400, isRetryable: false, user: 'This is your own invite. Send it to somebody else.' },
  INVITE_NOT_FOUND: { status: 404, isRetryable: false, user: 'This invite no longer exists.' },
  CONVERSATION_NOT_FOUND: { status: 404, isRetryable: false, user: 'This conversation is not on this device.' },
  MESSAGE_NOT_FOUND: { status: 404, isRetryable: false, user: 'This message is not on this device.' },
  MESSAGE_NOT_YOURS: { status: 403, isRetryable: false, user: 'Only its author can change a message.' },
  CONTACT_NOT_FOUND: { status: 404, isRetryable: false, user: 'This person is not among your contacts.' },
  CONTACT_BLOCKED: { status: 409, isRetryable: false, user: 'You blocked this person. Unblock them to write again.' },
  PROFILE_TOO_LONG: {
    status: 400,
    isRetryable: false,
    user: 'One of these texts is too long for a profile. Nothing was changed; shorten it and try again.',
  },
  PROFILE_MALFORMED: {
    status: 400,
    isRetryable: false,
    user: 'A profile needs a name, and a handle has no spaces and no @. Nothing was changed.',
  },
  AVATAR_UNUSABLE: {
    status: 400,
    isRetryable: false,
    user: 'This picture cannot be used. Choose a PNG, JPEG or WebP image; the one before is kept.',
  },
  AVATAR_NOT_FOUND: { status: 404, isRetryable: true, user: 'Nobody who has this picture can be reached now.' },
  TEXT_NOT_SIGNABLE: {
    status: 400,
    isRetryable: false,
    user: 'This text could be mistaken for something the node itself signs, so it was not signed.',
  },
  REQUEST_NOT_FOUND: { status: 404, isRetryable: false, user: 'This request has been answered already.' },
  REQUEST_EXPIRED: {
    status: 410,
    isRetryable: false,
    user: 'This request is too old to be answered. Send them an invite instead.',
  },
  PASSPHRASE_WRONG: { status: 403, isRetryable: false, user: 'The passphrase is wrong. Nothing was changed.' },
  PASSPHRASE_TOO_SHORT: { status: 400, isRetryable: false, user: 'Use at least 8 letters for the passphrase.' },
  LOCKED: { status: 423, isRetryable: true, user: 'This node is locked. Enter your passphrase to open it.' },
  RECOVERY_PHRASE_INVALID: {
    status: 400,
    isRetryable: false,
    user: 'These are not 24 valid recovery words, nor 12 of OpenBazaar. Check the spelling and the order.',
  },
  ACCOUNT_IN_USE: {
    status: 409,
    isRetryable: false,
    user: 'This node already has contacts. Start one with an empty folder to recover another account.',
  },
  UNAUTHORIZED: {
    status: 401,
    isRetryable: false,
    user: 'Open the page again from the address that the node printed.',
  },
  FORBIDDEN_ORIGIN: {
    status: 403,
    isRetryable: false,
    user: 'Another website tried to use your node. It was refused.',
  },
  NOT_FOUND: { status: 404, isRetryable: false, user: 'There is nothing at this address.' },
  TOO_LARGE: { status: 413, isRetryable: false, user: 'That is larger than this node accepts.' },
  RATE_LIMITED: { status: 429, isRetryable: true, user: 'Too many requests at once. Wait a moment and try again.' },
  STORE_FULL: {
    status: 507,
    isRetryable: true,
    user: 'The disk is full. Nothing was lost; free some space and try again.',
  },
  STORE_FAILED: {
    status: 500,
    isRetryable: true,
    user: 'The node could not write to its disk. What you see is safe; what you just did was not saved.',
  },
  PRACTICE_UNAVAILABLE: { status: 503, isRetryable: true, user: 'Echo could not be started. Your own node is fine.' },
  TOR_UNAVAILABLE: {
    status: 503,
    isRetryable: true,
    user: 'Tor does not answer, and this node connects through nothing else. Start Tor and try again.',
  },
  REACH_FIXED: {
    status: 409,
    isRetryable: false,
    user: 'Who may reach this node was set when it was started. Change it there; nothing was changed now.',
  },
  REACH_FAILED: {
    status: 503,
    isRetryable: true,
    user: 'The node could not listen there, so everything is as it was. Your messages are safe; try again.',
  },
  PUSH_NODE_MALFORMED: {
    status: 400,
    isRetryable: false,
    user: 'This is not the address of a push node. Copy the whole line that it printed and try again.',
  },
  PUSH_NODE_NOT_FOUND: { status: 404, isRetryable: false, user: 'This push node is not among yours.' },
  PUSH_NODE_CONFIGURED: {
    status: 409,
    isRetryable: false,
    user: 'This push node is set where the node is started. Remove it there.',
  },
  PUSH_NODES_TOO_MANY: {
    status: 409,
    isRetryable: false,
    user: 'A node uses at most 16 push nodes. Remove one first; nothing was changed.',
  },
  CLOSED: { status: 503, isRetryable: true, user: 'The node is shutting down. What you wrote is saved.' },
  INTERNAL: {
    status: 500,
    isRetryable: false,
    user: 'Something went wrong inside the node. Your messages are safe on this device.',
  },
} as const

export type ErrorCode = keyof typeof errorTable

/** What a caller of the SDK gets when it cannot have what it asked for. Crosses processes by its `code`. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly code: ErrorCode
  readonly isRetryable: boolean

  /** `message` is for developers; people see the table's text. */
  constructor(code: ErrorCode, message?: string, options?: ErrorOptions) {
    super(message ?? errorTable[code].user, options)
    this.code = code
    this.isRetryable = errorTable[code].isRetryable
  }

  /** RFC 9457 problem details. */
  toProblem(): Problem {
    const row = errorTable[this.code]
    return { type: 'about:blank', title: row.user, status: row.status, detail: this.message, code: this.code }
  }
}

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
}
