import { randomBytes } from 'node:crypto'

const TICKET_LIFETIME_MS = 60_000
/** Unused tickets at a time; the oldest goes first. */
const TICKETS_MAX = 16

/**
 * Lets one browser in, once, within a minute. The address that starts a browser can be read by other programs of this
 * machine while it starts, so it must not carry the token itself. Spec: API-17.
 */
export class Tickets {
  readonly #endsAtMsByTicket = new Map<string, number>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  issue(): string {
    const ticket = randomBytes(32).toString('base64url')
    this.#endsAtMsByTicket.set(ticket, this.#nowMs() + TICKET_LIFETIME_MS)
    for (const oldest of this.#endsAtMsByTicket.keys()) {
      if (this.#endsAtMsByTicket.size <= TICKETS_MAX) break
      this.#endsAtMsByTicket.delete(oldest)
    }
    return ticket
  }

  /** True at most once for each ticket. */
  redeem(ticket: string | undefined): boolean {
    if (ticket === undefined) return false
    const endsAtMs = this.#endsAtMsByTicket.get(ticket)
    this.#endsAtMsByTicket.delete(ticket)
    return endsAtMs !== undefined && this.#nowMs() < endsAtMs
  }
}
