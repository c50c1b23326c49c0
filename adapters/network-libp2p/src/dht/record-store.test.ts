import { Key } from 'interface-datastore'
import { describe, expect, it } from 'vitest'
import { RecordStore } from './record-store.ts'

const record = (name: string): Key => new Key(`/dht/record/${name}`)

describe('the store of a libp2p node', () => {
  it('[PUB-4] forgets what was put longest ago when records of the DHT are too many bytes, and nothing else', async () => {
    const store = new RecordStore(10_000)
    await store.put(new Key('/peers/one'), new Uint8Array(50_000))
    for (const name of ['a', 'b', 'c']) await store.put(record(name), new Uint8Array(3_000))
    await store.put(record('a'), new Uint8Array(3_000))
    await store.put(record('d'), new Uint8Array(3_000))
    expect(['a', 'b', 'c', 'd'].map((name) => store.has(record(name)))).toEqual([true, false, true, true])
    expect(store.has(new Key('/peers/one'))).toBe(true)
    await store.delete(record('a'))
    await store.put(record('e'), new Uint8Array(3_000))
    expect(['c', 'd', 'e'].map((name) => store.has(record(name)))).toEqual([true, true, true])
  })
})
