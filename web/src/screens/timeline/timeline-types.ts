import type { ApiClient, Conversation, Message } from '@parley/engine/api'
import type { Environment } from '../../app/environment.ts'
import type { StatusStep } from '../../ui/message-status.ts'
import type { ViewModel } from '../../ui/view-model.ts'
import type { Tile } from './tiles.ts'

/** Asks the view to bring a tile into view; a new serial is a new request. */
export interface ScrollRequest {
  readonly serial: number
  /** Key of the tile, or the very end. */
  readonly target: { readonly type: 'end' } | { readonly type: 'tile'; readonly key: string; readonly offset?: number }
  readonly align: 'start' | 'center'
  readonly isHighlighted: boolean
}

/** A step of an own message that is worth saying aloud. */
export interface StepNews {
  readonly message: Message
  readonly step: StatusStep
}

export interface TimelineSnapshot {
  readonly phase: 'loading' | 'ready' | 'failed'
  /** Why `phase` is `failed`, in words. */
  readonly reason?: string
  readonly tiles: readonly Tile[]
  readonly hasBefore: boolean
  /** There are newer messages than the last tile. */
  readonly hasAfter: boolean
  readonly scroll?: ScrollRequest
  /** The newest tile, when it came while the reader was at the end; it may slide in. */
  readonly freshKey?: string
  /** Incoming messages since the page was opened that a screen reader should hear about. */
  readonly announced: readonly Message[]
  /** Own messages whose last change a screen reader should hear about. */
  readonly steps: readonly StepNews[]
}

/** Where the reader was: a tile and how far it stood from the top, in pixels. */
export interface Anchor {
  readonly key: string
  readonly offset: number
}

export interface TimelineModel extends ViewModel<TimelineSnapshot> {
  /** The conversation comes into view; loads what is missing. */
  open(): void
  /** The conversation goes out of view: the "New" line has done its work. */
  leave(anchor: Anchor | undefined): void
  /** The page is about to go; when it is loaded again, the timeline opens where it was. */
  keepPlace(anchor: Anchor | undefined): void
  loadOlder(): void
  loadNewer(): void
  /** Scrolling came to rest, nearer to the other end than to this one. */
  rest(farEnd: 'start' | 'end'): void
  /** The reader's eyes reached this message. */
  see(message: Message): void
  /** What is unread may be another number now. */
  recount(): void
  setAtEnd(isAtEnd: boolean): void
  /** @returns why the message could not be shown, in words. */
  jumpTo(message: string): Promise<string | undefined>
  jumpToLatest(): void
  /** Shows the text at once and hands it to the node. */
  send(text: string, replyTo: string | undefined): void
  /** Sends a failed message, or one that the node never got, again. */
  retry(message: string): void
  /** Lets go of a message that the node never got. @returns its text. */
  discardEcho(message: string): string | undefined
  /** Messages that are new or look different, from the node. Taken in before the next frame. */
  take(messages: readonly Message[]): void
  /** After a pause in hearing. */
  refresh(): void
  /** A message is not on this device any more. */
  drop(message: string): void
  /** It was cleared on this device; only what still waits is left. */
  clear(): void
  find(message: string): Message | undefined
  /** The newest message of one's own that can still be edited. */
  lastOwn(): Message | undefined
  dispose(): void
}

export interface TimelinePorts {
  readonly client: ApiClient
  readonly environment: Environment
  readonly conversation: string
  me(): string
  /** The newest known state of the conversation. */
  current(): Conversation | undefined
}
