/** Values of every shape that a content can have. */
import fc from 'fast-check'
import { concat, compareBytes, equalBytes } from '../../base/bytes.ts'
import type { HybridTime, MessageIdBytes, Placement, Saying } from '../types.ts'

export const messageIds: fc.Arbitrary<MessageIdBytes> = fc
  .uint8Array({ minLength: 31, maxLength: 31 })
  .map((hash) => concat(Uint8Array.of(0x01), hash))

export const times: fc.Arbitrary<HybridTime> = fc.record({
  ms: fc.integer({ min: 0, max: 2 ** 47 - 1 }),
  counter: fc.integer({ min: 0, max: 0xffff }),
})

export const placements: fc.Arbitrary<Placement> = fc.record({
  salt: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  parents: fc
    .uniqueArray(messageIds, { maxLength: 8, comparator: (a, b) => equalBytes(a, b) })
    .map((parents) => parents.sort(compareBytes)),
  time: times,
})

const texts = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 })
const subjects = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 })
const copies = fc.uint8Array({ minLength: 31, maxLength: 31 })
const emoji = fc.constantFrom('👍', '❤️', '👩🏽‍🚒', 'ok', '🏴󠁧󠁢󠁷󠁬󠁳󠁿', '🇩🇪')

export const sayings: fc.Arbitrary<Saying> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: texts }),
  fc.record(
    { type: fc.constant('text' as const), text: texts, replyTo: messageIds, subject: subjects, copy: copies },
    { requiredKeys: ['type', 'text'] },
  ),
  fc.record({ type: fc.constant('edit' as const), target: messageIds, text: texts }),
  fc.record({ type: fc.constant('delete' as const), target: messageIds }),
  fc.record({ type: fc.constant('reaction' as const), target: messageIds, emoji }),
  fc.record({ type: fc.constant('unreaction' as const), target: messageIds, emoji }),
  fc.record(
    {
      type: fc.constant('unknown' as const),
      mediaType: fc.constantFrom('application/vnd.parley.offer', 'image/avif', 'text/x-later;v=2'),
      fallback: fc.string({ unit: 'grapheme', maxLength: 40 }),
      subject: subjects,
      copy: copies,
    },
    { requiredKeys: ['type', 'mediaType', 'fallback'] },
  ),
)
