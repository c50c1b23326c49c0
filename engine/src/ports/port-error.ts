export type PortErrorCode =
  | 'UNREACHABLE'
  | 'STORE_FULL'
  | 'STORE_CORRUPT'
  | 'STORE_FAILED'
  | 'STORE_IN_USE'
  | 'ADDRESS_IN_USE'
  | 'STORAGE_UNREACHABLE'
  | 'STORAGE_REFUSED'

/** The environment failed: disk, network, address. Adapters throw it; the engine turns it into a retry or an error. */
export class PortError extends Error {
  override readonly name = 'PortError'
  readonly code: PortErrorCode
  readonly isRetryable: boolean

  constructor(code: PortErrorCode, message: string, isRetryable: boolean, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.isRetryable = isRetryable
  }
}
