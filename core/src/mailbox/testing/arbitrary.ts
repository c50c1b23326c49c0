/** Requests, responses and payloads of every shape, for property tests. */
import fc from 'fast-check'
import {
  ENVELOPE_BUCKETS_BYTES,
  KEY_PREFIX_BYTES,
  POINTER_BLOCKS_MAX,
  POINTER_HOLDERS_MAX,
  POINTER_LOCATIONS_MAX,
} from '../../base/limits.ts'
import { cidOfDigest } from '../cid.ts'
import type { PointerPayload } from '../pointer-payload.ts'
import type { MailboxRequest } from '../request.ts'
import type { MailboxResponse, Receipt } from '../response.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const short = fc.uint8Array({ maxLength: 40 })
const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 5 })
const cid = bytes(32).map(cidOfDigest)

export const requests: fc.Arbitrary<MailboxRequest> = fc.oneof(
  fc.constant({ type: 'info' } as const),
  fc.record({ type: fc.constant('store' as const), blocks: list(fc.record({ cid, size: fc.nat() })) }),
  fc.record({ type: fc.constant('blocks' as const), blocks: list(short) }),
  fc.record({ type: fc.constantFrom('fetch' as const, 'drop' as const), cids: list(cid) }),
  fc.record({ type: fc.constant('challenge' as const), nonce: bytes(32), cids: list(cid) }),
  fc.record({ type: fc.constant('point' as const), records: list(short) }),
  fc.record({ type: fc.constant('find' as const), prefixes: list(bytes(KEY_PREFIX_BYTES)) }),
  fc.record({
    type: fc.constant('profile.put' as const),
    record: short,
    avatar: fc.option(short, { nil: undefined }),
  }),
  fc.record({ type: fc.constant('profile.get' as const), digests: list(bytes(32)) }),
)

const receipts: fc.Arbitrary<Receipt> = fc.record({
  cids: list(cid),
  expiresAt: fc.maxSafeNat(),
  signature: bytes(64),
})

export const responses: fc.Arbitrary<MailboxResponse> = fc.oneof(
  fc.record({
    type: fc.constant('refused' as const),
    reason: fc.constantFrom('malformed' as const, 'unsupported' as const, 'full' as const, 'too-many' as const),
  }),
  fc.record({
    type: fc.constant('info' as const),
    workBits: fc.nat(24),
    bytesFree: fc.maxSafeNat(),
    isPushNode: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('missing' as const),
    cids: list(cid),
    receipt: fc.option(receipts, { nil: undefined }),
  }),
  receipts.map((receipt) => ({ type: 'receipt' as const, ...receipt })),
  fc.record({ type: fc.constant('blocks' as const), blocks: list(short) }),
  fc.constant({ type: 'done' } as const),
  fc.record({ type: fc.constant('digests' as const), digests: list(fc.oneof(bytes(32), bytes(0))) }),
  fc.record({
    type: fc.constant('statuses' as const),
    statuses: list(fc.constantFrom('kept' as const, 'older' as const, 'refused' as const, 'full' as const)),
  }),
  fc.record({ type: fc.constantFrom('records' as const, 'profiles' as const), records: list(short) }),
)

const places = fc.stringMatching(/^[!-~]{1,200}$/)
const named = { cid, size: fc.constantFrom(...ENVELOPE_BUCKETS_BYTES) }

export const payloads: fc.Arbitrary<PointerPayload> = fc
  .record({
    located: fc.array(fc.record({ ...named, location: places }), { maxLength: POINTER_LOCATIONS_MAX }),
    others: fc.array(fc.record(named), { maxLength: POINTER_BLOCKS_MAX - POINTER_LOCATIONS_MAX }),
    holders: fc.array(places, { maxLength: POINTER_HOLDERS_MAX }),
  })
  .map(({ located, others, holders }) => ({ blocks: [...located, ...others], holders }))
