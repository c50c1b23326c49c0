/**
 * What a node keeps in memory for its libp2p: its peers, and records and providers of the DHT, which others may put. Of
 * those only so many bytes are kept; whoever put one that is gone puts it again. Spec: PUB-4.
 */
import { DHT_RECORDS_BYTES_MAX } from '@parley/core'
import { MemoryDatastore } from 'datastore-core'

/** Records below `/dht/record`, providers below `/dht/provider`. */
const DHT_PREFIX = '/dht/'
/** Key, maps and time of an entry, besides its value. */
const ENTRY_BYTES = 256

type Key = Parameters<MemoryDatastore['put']>[0]

export class RecordStore extends MemoryDatastore {
  readonly #bytesMax: number
  /** In the order in which they were put last. */
  readonly #bytesByKey = new Map<string, { readonly key: Key; readonly bytes: number }>()
  #bytes = 0

  constructor(bytesMax = DHT_RECORDS_BYTES_MAX) {
    super()
    this.#bytesMax = bytesMax
  }

  override put(key: Key, value: Uint8Array): Key | Promise<Key> {
    const text = key.toString()
    if (text.startsWith(DHT_PREFIX)) {
      this.#uncount(text)
      const bytes = ENTRY_BYTES + text.length + value.length
      this.#bytesByKey.set(text, { key, bytes })
      this.#bytes += bytes
      for (const oldest of this.#bytesByKey.values()) {
        if (this.#bytes <= this.#bytesMax) break
        void this.delete(oldest.key)
      }
    }
    return super.put(key, value)
  }

  override delete(key: Key): void | Promise<void> {
    this.#uncount(key.toString())
    return super.delete(key)
  }

  #uncount(text: string): void {
    const known = this.#bytesByKey.get(text)
    if (known === undefined) return
    this.#bytesByKey.delete(text)
    this.#bytes -= known.bytes
  }
}
