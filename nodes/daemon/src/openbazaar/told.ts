/** What the sockets were told already, so that nobody hears of anything twice. Spec: OBG-16. */
import type { ChatMessage } from './chat-views.ts'
import { TOLD_MAX } from './limits.ts'
import type { Origin } from './routes.ts'

export interface Told {
  /** Runs what writes own messages. Their events wait for it, so that the caller's own window is known. */
  whileWriting<T>(write: () => Promise<T>): Promise<T>
  /** An own message: every socket but the caller's own hears of it. */
  written(message: ChatMessage, origin: Origin): void
  /** What the API did goes to every socket. */
  say(frame: object): void
}

/** Remembers the newest TOLD_MAX names. */
export class Remembered {
  readonly #names = new Set<string>()

  /** True the first time. */
  add(name: string): boolean {
    if (this.#names.has(name)) return false
    this.#names.add(name)
    if (this.#names.size <= TOLD_MAX) return true
    const oldest = this.#names.values().next()
    if (oldest.done !== true) this.#names.delete(oldest.value)
    return true
  }
}
