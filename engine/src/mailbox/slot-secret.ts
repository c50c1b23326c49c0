/** The secret of a pointer as the vault keeps it: the epoch that it came from may be gone when the pointer is renewed. */
import { concat, type PointerSecret } from '@parley/core'

const SEED_BYTES = 32

export const encodeSecret = ({ seed, payloadKey }: PointerSecret): Uint8Array => concat(seed, payloadKey)

export const decodeSecret = (bytes: Uint8Array): PointerSecret => ({
  seed: bytes.slice(0, SEED_BYTES),
  payloadKey: bytes.slice(SEED_BYTES),
})
