/** What a route is given and what it answers. */
import type { Session } from './session.ts'
import type { Told } from './told.ts'

/** Where a request came from, to tell the sockets of the same program from others. */
export interface Origin {
  readonly address: string
  readonly userAgent: string
}

export interface Ask {
  readonly session: Session
  /** Parts of the path behind the name of the call, decoded. */
  readonly rest: readonly string[]
  readonly query: URLSearchParams
  readonly body: string
  readonly origin: Origin
  /** Fires when the caller went away. */
  readonly signal: AbortSignal
  readonly told: Told
  readonly node: NodeControls
}

/** What the process around us offers. */
export interface NodeControls {
  readonly version: string
  /** Ends the node as a signal would; returns at once. */
  shutDown(): void
}

/** An answer other than 200 with JSON. */
export class Reply {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
  /** Runs once the caller has the answer. */
  readonly afterwards: () => void

  constructor({
    status = 200,
    body,
    headers = {},
    afterwards = () => undefined,
  }: {
    readonly status?: number
    readonly body: unknown
    readonly headers?: Readonly<Record<string, string>>
    readonly afterwards?: () => void
  }) {
    this.status = status
    this.body = body
    this.headers = headers
    this.afterwards = afterwards
  }
}

/** @returns a {@link Reply}, or the JSON of a 200. @throws Refusal, EngineError, PortError. */
export type Route = (ask: Ask) => Promise<unknown>

/** `METHOD name`, as `POST chat`. */
export type Routes = Readonly<Record<string, Route>>
