import { PortError } from '@parley/engine'

/**
 * Puts libp2p's failure to listen into words: which address, and that another program holds it. Everything else stays
 * the error that it is.
 */
export function toListenError(error: unknown, listen: readonly string[]): unknown {
  const text = error instanceof Error ? error.message : String(error)
  const isInUse = text.includes('EADDRINUSE')
  if (!isInUse && !(error instanceof Error && error.name === 'UnsupportedListenAddressesError')) return error
  const failed = listen.filter((address) => text.includes(`${address}:`))
  const names = (failed.length > 0 ? failed : listen).map(inWords).join(' and ')
  if (!isInUse) return new Error(`Cannot listen on ${names}.`, { cause: error })
  return new PortError('ADDRESS_IN_USE', `Another program already listens on ${names}.`, false, { cause: error })
}

function inWords(address: string): string {
  const [, , host, , port] = address.split('/')
  return host === undefined || port === undefined ? address : `port ${port} of ${host} (${address})`
}
