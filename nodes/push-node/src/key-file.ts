import { randomBytes } from 'node:crypto'
import { open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makePrivateFolder } from '@parley/adapter-store-sqlite-node'

const SEED_BYTES = 32
const OWNER_ONLY = 0o600
const OTHERS = 0o077

/**
 * The Ed25519 seed of this push node (32 bytes) from `push-node.key` in `folder`, made on first use, readable by the
 * owner only.
 *
 * @throws PortError when the folder cannot be used; Error in words when the file is damaged or others may read it: a new key would be another push node, which
 * is for the operator to decide.
 */
export async function loadKey(folder: string): Promise<Uint8Array> {
  makePrivateFolder(folder)
  const path = join(folder, 'push-node.key')
  return (await readKey(path)) ?? (await createKey(path))
}

async function readKey(path: string): Promise<Uint8Array | undefined> {
  const found = await stat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) return undefined
  if ((found.mode & OTHERS) !== 0)
    throw new Error(`Others may read the key ${path}. Make it yours alone: chmod 600 ${path}`)
  const seed = await readFile(path)
  if (seed.length !== SEED_BYTES)
    throw new Error(`The key ${path} is damaged: it has ${seed.length} bytes, not ${SEED_BYTES}.`)
  return new Uint8Array(seed)
}

async function createKey(path: string): Promise<Uint8Array> {
  const seed = new Uint8Array(randomBytes(SEED_BYTES))
  const file = await open(path, 'wx', OWNER_ONLY)
  try {
    await file.writeFile(seed)
    await file.sync()
  } finally {
    await file.close()
  }
  return seed
}
