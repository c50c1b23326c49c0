export { HTTP_LOCATION_LENGTH_MAX, HTTP_READ_TIMEOUT_MS, createHttpReader } from './http-reader.ts'
export type { HttpReaderOptions } from './http-reader.ts'
export { createS3Storage } from './s3-storage.ts'
export type { S3StorageOptions } from './s3-storage.ts'
