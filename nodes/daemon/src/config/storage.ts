/** Where what waits for others is kept besides push nodes, as it is configured. */
import { readFileSync, statSync } from 'node:fs'
import { ConfigError } from './fields.ts'
import { isOn, listOf, type Settings, textOf } from './load.ts'

export type StorageChoice =
  | { readonly kind: 'self-hosted' }
  | { readonly kind: 'dropbox'; readonly credentials: DropboxCredentials; readonly folder?: string }
  | { readonly kind: 's3'; readonly bucket: S3Bucket }
  | { readonly kind: 'pinning'; readonly service: PinningService }

type DropboxCredentials =
  | { readonly accessToken: string }
  | { readonly refreshToken: string; readonly clientId: string; readonly clientSecret?: string }

interface S3Bucket {
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly publicBaseUrl?: string
}

interface PinningService {
  readonly endpoint: string
  readonly accessToken: string
  readonly peers?: readonly string[]
}

export interface StorageSettings {
  /** `undefined`: push nodes only. */
  readonly storage: StorageChoice | undefined
  /** Origins from which blocks of others may be fetched by HTTPS. */
  readonly fetchFrom: readonly string[]
}

/** Names in the settings file, by kind; those with `?` may be left out. */
const KEYS = {
  dropbox: ['accessToken?', 'refreshToken?', 'clientId?', 'clientSecret?', 'folder?'],
  s3: ['endpoint', 'region', 'bucket', 'accessKeyId', 'secretAccessKey', 'publicBaseUrl?'],
  pinning: ['endpoint', 'accessToken', 'peers?'],
} as const

/** @throws ConfigError for a file that is missing, readable by others, or not what the kind of storage needs. */
export function storageSettings(settings: Settings): StorageSettings {
  const kind = textOf(settings, 'storage')
  const file = textOf(settings, 'storageFile')
  const fetchFrom = listOf(settings, 'fetchFrom')
  if (isOn(settings, 'tor') && kind === 'pinning') {
    throw new ConfigError('With --tor a pinning service cannot fetch from this node: choose another storage.')
  }
  if (kind === 'dropbox' || kind === 's3' || kind === 'pinning') {
    if (file === undefined) throw new ConfigError(`storage ${kind} needs --storage-file with its address and keys.`)
    return { storage: choiceOf(kind, readSettings(kind, file), file), fetchFrom }
  }
  if (file !== undefined) throw new ConfigError(`storage ${kind ?? 'none'} has no settings: leave out storage-file.`)
  return { storage: kind === 'self-hosted' ? { kind } : undefined, fetchFrom }
}

type Values = Readonly<Record<string, string | readonly string[] | undefined>>

function readSettings(kind: keyof typeof KEYS, file: string): Values {
  let value: unknown
  try {
    if ((statSync(file).mode & 0o077) !== 0) throw new ConfigError(`Others may read ${file}: run chmod 600 on it.`)
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError(`${file} cannot be read as JSON: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(`${file} must hold one JSON object.`)
  }
  const keys: readonly string[] = KEYS[kind]
  const known = new Set(keys.map((key) => key.replace('?', '')))
  const unknown = Object.keys(value).find((key) => !known.has(key))
  if (unknown !== undefined) throw new ConfigError(`${file} has an unknown setting, ${unknown}.`)
  const values: Record<string, string | readonly string[]> = {}
  for (const [key, item] of Object.entries(value)) {
    const isList = key === 'peers' && Array.isArray(item) && item.every((part) => typeof part === 'string')
    if (!isList && (typeof item !== 'string' || item === '')) throw new ConfigError(`${key} in ${file} must be text.`)
    values[key] = item
  }
  const missing = keys.find((key) => !key.endsWith('?') && values[key] === undefined)
  if (missing !== undefined) throw new ConfigError(`${file} lacks ${missing}.`)
  return values
}

function choiceOf(kind: keyof typeof KEYS, values: Values, file: string): StorageChoice {
  const text = (key: string): string => String(values[key] ?? '')
  const optional = <K extends string>(key: K): { readonly [name in K]?: string } =>
    Object.fromEntries(typeof values[key] === 'string' ? [[key, values[key]]] : []) as { readonly [name in K]?: string }
  if (kind === 's3') {
    const [endpoint, region, bucket] = [text('endpoint'), text('region'), text('bucket')]
    const keys = { accessKeyId: text('accessKeyId'), secretAccessKey: text('secretAccessKey') }
    return { kind, bucket: { endpoint, region, bucket, ...keys, ...optional('publicBaseUrl') } }
  }
  if (kind === 'pinning') {
    const peers = values['peers']
    const service = { endpoint: text('endpoint'), accessToken: text('accessToken') }
    return { kind, service: { ...service, ...(Array.isArray(peers) ? { peers } : {}) } }
  }
  const { accessToken, refreshToken, clientId } = values
  if (typeof accessToken === 'string') return { kind, credentials: { accessToken }, ...optional('folder') }
  if (typeof refreshToken !== 'string' || typeof clientId !== 'string') {
    throw new ConfigError(`${file} needs accessToken, or refreshToken with clientId.`)
  }
  return { kind, credentials: { refreshToken, clientId, ...optional('clientSecret') }, ...optional('folder') }
}
