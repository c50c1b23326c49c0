/** What S3 services answer, as the engine knows it. Spec: BLK-7. */
import { PortError } from '@parley/engine'

const FULL: ReadonlySet<string> = new Set([
  'QuotaExceeded',
  'ServiceQuotaExceeded',
  'StorageFull',
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
])
const BUSY: ReadonlySet<number> = new Set([408, 425, 429])

const statusOf = (error: unknown): number | undefined => {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined
  const metadata = error.$metadata
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}

/** The object is not there, and the bucket is. */
export const isNotFound = (error: unknown): boolean =>
  statusOf(error) === 404 && error instanceof Error && error.name !== 'NoSuchBucket'

/** Any failure of the SDK. `doing` names the attempt. */
export function toPortError(error: unknown, doing: string): PortError {
  const status = statusOf(error)
  const name = error instanceof Error ? error.name : 'unknown'
  const options = { cause: error }
  if (status === 507 || FULL.has(name)) {
    return new PortError('STORAGE_REFUSED', `the bucket is full (${name}) while ${doing}`, false, options)
  }
  // a redirect is the wrong region or endpoint; other codes below 500 are keys, rights, a bucket that is not there
  if (status !== undefined && status >= 300 && status < 500 && !BUSY.has(status)) {
    return new PortError('STORAGE_REFUSED', `the service refused (${status} ${name}) ${doing}`, false, options)
  }
  const why = status === undefined ? name : `${status} ${name}`
  return new PortError('STORAGE_UNREACHABLE', `the service cannot be used now (${why}) for ${doing}`, true, options)
}
