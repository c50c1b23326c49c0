/**
 * The words that go with a request for contact become a message with an id of its own. Here is which id its writer was
 * told, so that it keeps it. Spec: OBG-8.
 */
import type { ApiClient, Message } from '@parley/engine'
import { ALIASES_MAX } from './limits.ts'
import { copyIdOf, messageIdOf, type Named } from './names.ts'
import { KeptValue } from './values.ts'

type Pair = readonly [message: string, copy: string]

export class Aliases {
  readonly #value: KeptValue<readonly Pair[]>
  #copyByMessage: ReadonlyMap<string, string> = new Map()

  private constructor(client: ApiClient) {
    this.#value = new KeptValue(client, 'openbazaar/aliases', readPairs)
  }

  static async open(client: ApiClient): Promise<Aliases> {
    const aliases = new Aliases(client)
    aliases.#copyByMessage = new Map(await aliases.#value.get())
    return aliases
  }

  async add(message: string, copy: string): Promise<void> {
    this.#copyByMessage = new Map(
      await this.#value.update((pairs) => [...pairs, [message, copy] as const].slice(-ALIASES_MAX)),
    )
  }

  has(message: string): boolean {
    return this.#copyByMessage.has(message)
  }

  idOf(message: Message): string {
    const copy = this.#copyByMessage.get(message.id)
    return copy === undefined ? messageIdOf(message) : copyIdOf(copy)
  }

  /** The messages that an id names; ids of requests name none. */
  async find(client: ApiClient, named: Named | undefined): Promise<readonly Message[]> {
    if (named?.type === 'message') return client.call('messages.find', { ids: [named.id] })
    if (named?.type !== 'copy') return []
    const ids = [...this.#copyByMessage].filter(([, copy]) => copy === named.copy).map(([message]) => message)
    const aliased = ids.length === 0 ? [] : await client.call('messages.find', { ids })
    return [...(await client.call('messages.find', { copy: named.copy })), ...aliased]
  }
}

const readPairs = (value: unknown): readonly Pair[] =>
  Array.isArray(value)
    ? value.flatMap((item: unknown) => {
        const [message, copy]: readonly unknown[] = Array.isArray(item) ? item : []
        return typeof message === 'string' && typeof copy === 'string' ? [[message, copy] as const] : []
      })
    : []
