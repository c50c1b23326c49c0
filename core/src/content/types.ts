import type { Millis } from '../base/time.ts'

/** 0x01 followed by the first 31 bytes of a SHA-256: binds author, conversation and content. CNT-2 */
export type MessageIdBytes = Uint8Array

/** Wall clock of the author's device with a counter that keeps its own messages apart. CNT-5 */
export interface HybridTime {
  readonly ms: Millis
  /** 0…65,535 within one millisecond. */
  readonly counter: number
}

/** What the author's device adds to every content: where it stands in the conversation. */
export interface Placement {
  readonly salt: Uint8Array
  /** The newest messages that the author had seen, at most PARENTS_MAX, distinct, in byte order. */
  readonly parents: readonly MessageIdBytes[]
  readonly time: HybridTime
}

/** What a person (or their app) says. */
export type Saying =
  | {
      readonly type: 'text'
      readonly text: string
      readonly replyTo?: MessageIdBytes
      /** What it is about, 1 … SUBJECT_LETTERS_MAX letters; absent for the conversation itself. CNT-16 */
      readonly subject?: string
      /** Of one saying to several people: the same COPY_ID_BYTES bytes for each of them. CNT-17 */
      readonly copy?: Uint8Array
    }
  | { readonly type: 'edit'; readonly target: MessageIdBytes; readonly text: string }
  | { readonly type: 'delete'; readonly target: MessageIdBytes }
  | { readonly type: 'reaction'; readonly target: MessageIdBytes; readonly emoji: string }
  /** Takes back one reaction of the same author. */
  | { readonly type: 'unreaction'; readonly target: MessageIdBytes; readonly emoji: string }
  /** A type that this version does not know; its bytes are kept, its fallback shown. */
  | {
      readonly type: 'unknown'
      readonly mediaType: string
      readonly fallback: string
      readonly subject?: string
      readonly copy?: Uint8Array
    }

export interface ParsedContent {
  readonly placement: Placement
  readonly saying: Saying
}

export type ContentRejection = 'malformed' | 'too-large' | 'text-too-long' | 'bad-parents'

/** Delivered and read reports travel as their own kind and are never themselves reported. RCP-1 */
export interface StatusReport {
  readonly delivered: readonly MessageIdBytes[]
  readonly read: readonly MessageIdBytes[]
}
