/** True for the failure to open a stream that means: the other end answers, and does not speak this protocol. */
export const isVersionMismatch = (error: unknown): boolean =>
  error instanceof Error && error.name === 'UnsupportedProtocolError'
