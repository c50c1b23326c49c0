/** Blocks in a bucket of any service that speaks S3. Spec: BLK-14. */
import type { Agent as HttpAgent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import type * as S3 from '@aws-sdk/client-s3'
import type { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { DAY_MS, assertBlock, parseCid } from '@parley/core'
import type { BlockStoragePort } from '@parley/engine'
import { withDeadline } from './deadline.ts'
import { isNotFound, toPortError } from './s3-errors.ts'

/** The longest that S3 signs for. */
const SIGNED_URL_LIFETIME_SECONDS = (7 * DAY_MS) / 1_000
const CONNECT_TIMEOUT_MS = 10_000
const CALL_TIMEOUT_MS = 60_000

export interface S3StorageOptions {
  /** `https://s3.eu-central-1.amazonaws.com`, `https://minio.example.org:9000`; nothing else is ever contacted. */
  readonly endpoint: string
  /** What the service calls it; `us-east-1` or `auto` where it has none. */
  readonly region: string
  readonly bucket: string
  /** May put, get, delete and list in the bucket, and nothing more. */
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`; most services other than AWS want it. Default true. */
  readonly forcePathStyle?: boolean
  /** Put before the names of objects. Default `parley/`. */
  readonly prefix?: string
  /**
   * Where everybody may read the bucket's objects, when that is so: `https://blocks.example.org/`, ends in `/`. Absent:
   * readers get a signed address, good for seven days; storing again gives a new one.
   */
  readonly publicBaseUrl?: string
  /** Make every connection. Default the platform's; a node behind Tor passes some that do not connect directly. */
  readonly agents?: { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent }
}

/** The SDK is loaded with the first call. It reads no configuration of this machine and looks nothing up. */
export function createS3Storage(options: S3StorageOptions): BlockStoragePort {
  const { bucket, prefix = 'parley/' } = options
  let loading: Promise<Loaded> | undefined
  const stopping = new AbortController()
  const load = (): Promise<Loaded> => (loading ??= loadSdk(options))

  const attempt = async <T>(signal: AbortSignal, doing: string, work: Work<T>): Promise<T> => {
    signal.throwIfAborted()
    try {
      return await withDeadline([signal, stopping.signal], CALL_TIMEOUT_MS, async (deadline) =>
        work(await load(), { abortSignal: deadline }),
      )
    } catch (error) {
      signal.throwIfAborted()
      throw toPortError(error, doing)
    }
  }

  return {
    kind: 's3',
    async store(cid, block, signal) {
      signal.throwIfAborted()
      assertBlock(cid, block)
      return attempt(signal, 'storing a block', async ({ client, sdk, sign }, call) => {
        const Key = prefix + cid
        const content = { Body: block, ContentLength: block.length, ContentType: 'application/octet-stream' }
        await client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key, ...content }), call)
        if (options.publicBaseUrl !== undefined) return [new URL(Key, options.publicBaseUrl).href]
        const get = new sdk.GetObjectCommand({ Bucket: bucket, Key })
        return [await sign(client, get, { expiresIn: SIGNED_URL_LIFETIME_SECONDS })]
      })
    },
    has: (cid, signal) =>
      attempt(signal, 'looking for a block', async ({ client, sdk }, call) => {
        if (parseCid(cid) === undefined) return false
        try {
          await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: prefix + cid }), call)
          return true
        } catch (error) {
          if (isNotFound(error)) return false
          throw error
        }
      }),
    remove: (cid, signal) =>
      attempt(signal, 'removing a block', async ({ client, sdk }, call) => {
        if (parseCid(cid) === undefined) return
        await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: prefix + cid }), call)
      }),
    async stop() {
      stopping.abort(new Error('this storage has stopped'))
      if (loading === undefined) return
      const { client } = await loading
      client.destroy()
    },
  }
}

type Work<T> = (s3: Loaded, call: { readonly abortSignal: AbortSignal }) => Promise<T>

interface Loaded {
  readonly client: S3.S3Client
  readonly sdk: typeof S3
  readonly sign: typeof getSignedUrl
}

async function loadSdk(options: S3StorageOptions): Promise<Loaded> {
  const [sdk, presigner] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/s3-request-presigner')])
  return { client: new sdk.S3Client(clientConfig(options)), sdk, sign: presigner.getSignedUrl }
}

/** Everything that the SDK would otherwise look for in files, variables and the metadata service of a cloud machine. */
function clientConfig(options: S3StorageOptions): S3.S3ClientConfig {
  const { endpoint, region, accessKeyId, secretAccessKey, forcePathStyle = true, agents } = options
  return {
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle,
    // by default it names the system, its version and what the machine's own configuration says, also through Tor
    userAgentAppId: async () => undefined,
    defaultUserAgentProvider: async () => [['parley']],
    // the engine tries again, with pauses of its own
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    ignoreConfiguredEndpointUrls: true,
    disableS3ExpressSessionAuth: true,
    // many services do not know the trailing checksums of AWS; blocks carry their own in their name
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      ...agents,
      connectionTimeout: CONNECT_TIMEOUT_MS,
    },
  }
}
