/** One at a time for each key, in the order of asking. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  /** Runs `work` when those before it have ended, however. @throws the abort reason while waiting; what `work` throws. */
  async take<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const before = this.#last.get(key)
    const { promise: turn, resolve: end } = Promise.withResolvers<void>()
    // who gives up waiting still ends only after those before it
    const last = (before ?? Promise.resolve()).then(() => turn)
    this.#last.set(key, last)
    try {
      if (before !== undefined) await unlessAborted(before, signal)
      return await work()
    } finally {
      end()
      void last.then(() => {
        if (this.#last.get(key) === last) this.#last.delete(key)
      })
    }
  }
}

async function unlessAborted(wait: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([wait, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
