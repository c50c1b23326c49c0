/** What the tests use of the S3 server; the package has no types. */
declare module '@20minutes/s3rver' {
  interface S3rverOptions {
    readonly address: string
    readonly port: number
    readonly silent: boolean
    readonly directory: string
    readonly vhostBuckets: boolean
    readonly configureBuckets: readonly { readonly name: string }[]
  }
  export default class S3rver {
    constructor(options: S3rverOptions)
    readonly httpServer: import('node:http').Server
    configureBuckets(): Promise<unknown>
    callback(): import('node:http').RequestListener
    run(): Promise<{ readonly port: number }>
    close(): Promise<void>
  }
}

declare module '@20minutes/s3rver/lib/models/account.js' {
  interface Account {
    createKeyPair(accessKeyId: string, secretAccessKey: string): void
    revokeAccessKey(accessKeyId: string): void
  }
  const account: { readonly DUMMY_ACCOUNT: Account }
  export default account
}
