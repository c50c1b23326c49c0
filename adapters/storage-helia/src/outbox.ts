/**
 * A folder of blocks, one file each, named by the SHA-256 of its bytes in hex. A file is whole or not there. Spec: BLK-11.
 */
import { ENVELOPE_BYTES_MAX, assertBlock, cidOfDigest, digestOfCid, isBlockOf, parseCid } from '@parley/core'
import { PortError } from '@parley/engine'
import type { LogPort } from '@parley/engine'
import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

const NAME = /^[0-9a-f]{64}$/
const UNFINISHED = /^[0-9a-f]{64}\.[0-9a-f-]{36}\.tmp$/
const DAMAGED = '.damaged'
/** Looked through at the start. */
const FILES_AT_ONCE = 32

/** What looking through the folder found. */
export interface OutboxCheck {
  readonly blocks: number
  /** Files of writes that never ended; removed. */
  readonly unfinished: number
  /** Files whose bytes are not what their name says; kept under another name. */
  readonly damaged: number
}

export class Outbox {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Makes the folder when it is missing and puts aside what does not belong into it.
   * @throws PortError as {@link write}.
   */
  async open(log: LogPort): Promise<OutboxCheck> {
    const count = { blocks: 0, unfinished: 0, damaged: 0 }
    await this.#attempt('opening the outbox', async () => {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      const names = await readdir(this.#folder)
      for (let at = 0; at < names.length; at += FILES_AT_ONCE) {
        const kinds = await Promise.all(names.slice(at, at + FILES_AT_ONCE).map((name) => this.#tidy(name)))
        for (const kind of kinds) if (kind !== undefined) count[kind] += 1
      }
    })
    if (count.unfinished > 0) log.log('info', 'outbox: unfinished files removed', { count: count.unfinished })
    if (count.damaged > 0) log.log('warn', 'outbox: damaged files put aside', { count: count.damaged })
    return count
  }

  /**
   * On the disk when this resolves. The bytes are borrowed until then.
   * @throws PortError `STORE_FULL`, `STORAGE_REFUSED` when the folder may not be written, `STORAGE_UNREACHABLE` for
   * everything else that a disk does; AssertionError, BLK-3.
   */
  async write(cid: string, block: Uint8Array): Promise<void> {
    const name = hex(digestOfCid(assertBlock(cid, block)))
    await this.#attempt('storing a block', async () => {
      if (await this.#isWhole(name)) return
      const unfinished = join(this.#folder, `${name}.${randomUUID()}.tmp`)
      try {
        const file = await open(unfinished, 'wx', 0o600)
        try {
          await file.writeFile(block)
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(unfinished, join(this.#folder, name))
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => undefined) // the next start does it; the first error matters
        throw error
      }
      await this.#syncFolder()
    })
  }

  /** The block, fresh memory; `undefined` when it is not here or damaged. @throws PortError as {@link write}. */
  async read(cid: string): Promise<Uint8Array | undefined> {
    const key = parseCid(cid)
    if (key === undefined) return undefined
    return this.#attempt('reading a block', async () => {
      const block = await this.#readFile(hex(digestOfCid(key)))
      return block !== undefined && isBlockOf(key, block) ? block : undefined
    })
  }

  /** @throws PortError as {@link write}. */
  async has(cid: string): Promise<boolean> {
    return (await this.read(cid)) !== undefined
  }

  /** @throws PortError as {@link write}. */
  async remove(cid: string): Promise<void> {
    const key = parseCid(cid)
    if (key === undefined) return
    await this.#attempt('removing a block', async () => {
      const name = hex(digestOfCid(key))
      try {
        await rm(join(this.#folder, name))
      } catch (error) {
        if (systemCode(error) !== 'ENOENT') throw error
        await stat(this.#folder)
        return
      }
      await this.#syncFolder()
    })
  }

  async #tidy(name: string): Promise<keyof OutboxCheck | undefined> {
    const path = join(this.#folder, name)
    if (UNFINISHED.test(name)) {
      await rm(path, { force: true })
      return 'unfinished'
    }
    if (!NAME.test(name)) return undefined
    if (await this.#isWhole(name)) return 'blocks'
    await rename(path, path + DAMAGED)
    return 'damaged'
  }

  async #isWhole(name: string): Promise<boolean> {
    const block = await this.#readFile(name)
    return block !== undefined && isBlockOf(cidOfDigest(Buffer.from(name, 'hex')), block)
  }

  /** `undefined` when the folder is there and the file is not, or is too large to be a block. */
  async #readFile(name: string): Promise<Uint8Array | undefined> {
    const path = join(this.#folder, name)
    try {
      const { size } = await stat(path)
      if (size > ENVELOPE_BYTES_MAX) return undefined
      return await readFile(path)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
      await stat(this.#folder)
      return undefined
    }
  }

  /** The name of a file is part of its folder: without this a crash of the machine may lose it. */
  async #syncFolder(): Promise<void> {
    const folder = await open(this.#folder, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }

  async #attempt<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw toPortError(error, doing)
    }
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const systemCode = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

function toPortError(error: unknown, doing: string): unknown {
  const code = systemCode(error)
  if (typeof code !== 'string') return error
  const options = { cause: error }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new PortError('STORE_FULL', `no space left while ${doing}`, true, options)
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new PortError('STORAGE_REFUSED', `this account may not write to the folder while ${doing}`, false, options)
  }
  return new PortError('STORAGE_UNREACHABLE', `the folder failed (${code}) while ${doing}`, true, options)
}
