/** The memory of a process that we started, as an attacker on its machine would read it. Linux only. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

const CHUNK_BYTES = 4 * 1_048_576
const REGION_BYTES_MAX = 2 ** 31

/**
 * Whether these bytes are anywhere in the writable memory of `pid`. `undefined` where the system does not let us look.
 */
export function hasInMemory(pid: number, text: string): boolean | undefined {
  const wanted = Buffer.from(text)
  try {
    const regions = writableRegions(pid)
    const memory = openSync(`/proc/${pid}/mem`, 'r')
    try {
      return regions.some(([from, to]) => hasBetween(memory, from, to, wanted))
    } finally {
      closeSync(memory)
    }
  } catch {
    return undefined
  }
}

function writableRegions(pid: number): readonly (readonly [from: number, to: number])[] {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? []
      const region = [Number.parseInt(from, 16), Number.parseInt(to, 16)] as const
      return from !== '' && region[1] - region[0] <= REGION_BYTES_MAX ? [region] : []
    })
}

function hasBetween(memory: number, from: number, to: number, wanted: Buffer): boolean {
  const chunk = Buffer.alloc(CHUNK_BYTES)
  // Chunks overlap, so that nothing hides on a border.
  for (let at = from; at < to; at += CHUNK_BYTES - wanted.length) {
    const length = readOrNothing(memory, chunk, Math.min(CHUNK_BYTES, to - at), at)
    if (chunk.subarray(0, length).includes(wanted)) return true
  }
  return false
}

/** Some pages cannot be read even though the map says so. */
function readOrNothing(memory: number, chunk: Buffer, length: number, at: number): number {
  try {
    return readSync(memory, chunk, 0, length, at)
  } catch {
    return 0
  }
}
