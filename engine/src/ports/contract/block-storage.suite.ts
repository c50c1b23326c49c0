/**
 * What every place for blocks must do, with a reader that gets them from there; run by each adapter's own test.
 * Rules: docs/spec/55-offline-storage.md, BLK-2…BLK-8.
 */
import { AssertionError, ENVELOPE_BYTES_MAX } from '@parley/core'
import { describe, expect, it } from 'vitest'
import type { BlockStoragePort } from '../block-storage.ts'
import { actions, expectReadable, namedBlock, thrownBy } from './block-storage-fixture.ts'
import type { BlockStorageWorld } from './block-storage-fixture.ts'
import { never } from './network-fixture.ts'

type Test = (world: BlockStorageWorld, storage: BlockStoragePort) => Promise<void>
type WithWorld = (test: Test) => () => Promise<void>

/** Describes the contract for the adapter called `name`; `create` makes a fresh, empty place. */
export function blockStorageContract(name: string, create: () => Promise<BlockStorageWorld>): void {
  const withWorld: WithWorld = (test) => async () => {
    const world = await create()
    const storage = await world.open()
    try {
      await test(world, storage)
    } finally {
      await storage.stop()
      await world.dispose()
    }
  }
  describe(`${name} holds blocks`, () => {
    describe('a block', () => blockRules(withWorld))
    describe('removing', () => removeRules(withWorld))
    describe('names', () => nameRules(withWorld))
    describe('restart', () => restartRules(withWorld))
    describe('abort', () => abortRules(withWorld, create))
    describe('stopping', () => stopRules(create))
    describe('faults', () => faultRules(create))
  })
}

function blockRules(withWorld: WithWorld): void {
  it(
    '[BLK-2] is read from every location that storing it gave',
    withWorld(async (world, storage) => {
      for (const length of [0, 1, 2_048, 32_768, ENVELOPE_BYTES_MAX]) {
        const named = namedBlock(1, length)
        const locations = await storage.store(named.cid, named.block, never())
        expect(locations.length).toBeGreaterThan(0)
        expect(await storage.has(named.cid, never())).toBe(true)
        await expectReadable(world, named, locations)
      }
    }),
  )
  it(
    '[BLK-2] is not changed by what the caller does with the bytes later',
    withWorld(async (world, storage) => {
      const named = namedBlock(2, 512)
      const mine = Uint8Array.from(named.block)
      const locations = await storage.store(named.cid, mine, never())
      mine.fill(0)
      await expectReadable(world, named, locations)
    }),
  )
  it(
    '[BLK-4] may be stored again, and is one block',
    withWorld(async (world, storage) => {
      const named = namedBlock(3, 2_048)
      await storage.store(named.cid, named.block, never())
      const [again, atOnce] = await Promise.all([
        storage.store(named.cid, named.block, never()),
        storage.store(named.cid, named.block, never()),
      ])
      await expectReadable(world, named, again)
      await expectReadable(world, named, atOnce)
      await storage.remove(named.cid, never())
      expect(await storage.has(named.cid, never())).toBe(false)
    }),
  )
  it(
    '[BLK-4] does not disturb others that are stored, read and removed at the same time',
    withWorld(async (world, storage) => {
      const blocks = Array.from({ length: 16 }, (_, index) => namedBlock(index, 512 + index))
      const stored = await Promise.all(
        blocks.map(async (named) => ({ named, locations: await storage.store(named.cid, named.block, never()) })),
      )
      await Promise.all(
        stored.map(async ({ named, locations }, index) => {
          if (index % 2 === 0) await storage.remove(named.cid, never())
          else await expectReadable(world, named, locations)
        }),
      )
      const held = await Promise.all(blocks.map(({ cid }) => storage.has(cid, never())))
      expect(held).toEqual(blocks.map((_, index) => index % 2 === 1))
    }),
  )
}

function removeRules(withWorld: WithWorld): void {
  it(
    '[BLK-6] leaves nothing to find or to read, and may be done again',
    withWorld(async (world, storage) => {
      const named = namedBlock(4, 2_048)
      const kept = namedBlock(5, 2_048)
      const locations = await storage.store(named.cid, named.block, never())
      const keptAt = await storage.store(kept.cid, kept.block, never())
      await expectReadable(world, named, locations)
      await storage.remove(named.cid, never())
      await storage.remove(named.cid, never())
      expect(await storage.has(named.cid, never())).toBe(false)
      for (const location of locations) {
        expect(await world.reader.read(location, named.cid, never())).toBeUndefined()
        expect(await world.reader.read(location, named.cid, never())).toBeUndefined()
      }
      await expectReadable(world, kept, keptAt)
    }),
  )
  it(
    '[BLK-6] of what was never there is done already',
    withWorld(async (_world, storage) => {
      const { cid } = namedBlock(6, 10)
      expect(await storage.has(cid, never())).toBe(false)
      await storage.remove(cid, never())
    }),
  )
  it(
    '[BLK-6] can be undone by storing it again',
    withWorld(async (world, storage) => {
      const named = namedBlock(7, 2_048)
      await storage.store(named.cid, named.block, never())
      await storage.remove(named.cid, never())
      await expectReadable(world, named, await storage.store(named.cid, named.block, never()))
    }),
  )
}

function nameRules(withWorld: WithWorld): void {
  it(
    '[BLK-3] refuses bytes under the name of others, and keeps nothing of them',
    withWorld(async (_world, storage) => {
      const named = namedBlock(8, 100)
      const other = namedBlock(9, 100)
      await expect(storage.store(named.cid, other.block, never())).rejects.toBeInstanceOf(AssertionError)
      await expect(storage.store('../../escape', other.block, never())).rejects.toBeInstanceOf(AssertionError)
      expect(await storage.has(named.cid, never())).toBe(false)
      expect(await storage.has(other.cid, never())).toBe(false)
    }),
  )
  it(
    '[BLK-3] refuses more than an envelope',
    withWorld(async (_world, storage) => {
      const large = namedBlock(10, ENVELOPE_BYTES_MAX + 1)
      await expect(storage.store(large.cid, large.block, never())).rejects.toBeInstanceOf(AssertionError)
      expect(await storage.has(large.cid, never())).toBe(false)
    }),
  )
}

function restartRules(withWorld: WithWorld): void {
  it(
    '[BLK-5] changes nothing: blocks are there, readable and removable',
    withWorld(async (world, storage) => {
      const blocks = [namedBlock(11, 512), namedBlock(12, 32_768)]
      for (const { cid, block } of blocks) await storage.store(cid, block, never())
      await storage.stop()
      await storage.stop()
      const next = await world.open()
      try {
        for (const named of blocks) {
          expect(await next.has(named.cid, never())).toBe(true)
          await expectReadable(world, named, await next.store(named.cid, named.block, never()))
          await next.remove(named.cid, never())
          expect(await next.has(named.cid, never())).toBe(false)
        }
      } finally {
        await next.stop()
      }
    }),
  )
}

function abortRules(withWorld: WithWorld, create: () => Promise<BlockStorageWorld>): void {
  const reason = new Error('no longer wanted')
  it(
    '[BLK-8] before anything began rejects with its reason',
    withWorld(async (world, storage) => {
      const named = namedBlock(13, 512)
      const controller = new AbortController()
      controller.abort(reason)
      const aborted = controller.signal
      await expect(storage.store(named.cid, named.block, aborted)).rejects.toBe(reason)
      await expect(storage.has(named.cid, aborted)).rejects.toBe(reason)
      await expect(storage.remove(named.cid, aborted)).rejects.toBe(reason)
      expect(await storage.has(named.cid, never())).toBe(false)
      const [location = ''] = await storage.store(named.cid, named.block, never())
      await expect(world.reader.read(location, named.cid, aborted)).rejects.toBe(reason)
    }),
  )
  it('[BLK-8] while the place is silent rejects with its reason', async (context) => {
    const world = await create()
    const { silent } = world.faults
    const storage = await world.open()
    try {
      if (silent === undefined) return context.skip('this place cannot be silent')
      const named = namedBlock(14, 512)
      const speak = await silent()
      for (const act of actions(storage, named)) {
        const controller = new AbortController()
        const outcome = act(controller.signal)
        controller.abort(reason)
        await expect(outcome).rejects.toBe(reason)
      }
      await speak()
      await expectReadable(world, named, await storage.store(named.cid, named.block, never()))
    } finally {
      await storage.stop()
      await world.dispose()
    }
  })
}

function stopRules(create: () => Promise<BlockStorageWorld>): void {
  it('[BLK-8] ends what waits for a silent place, and later calls', async (context) => {
    const world = await create()
    const storage = await world.open()
    try {
      if (world.faults.silent === undefined) return context.skip('this place cannot be silent')
      const speak = await world.faults.silent()
      const named = namedBlock(19, 512)
      const waiting = actions(storage, named).map((act) => thrownBy(act(never())))
      await storage.stop()
      for (const thrown of waiting) expect(await thrown).toMatchObject(STOPPED)
      for (const act of actions(storage, named)) expect(await thrownBy(act(never()))).toMatchObject(STOPPED)
      await speak()
    } finally {
      await storage.stop()
      await world.dispose()
    }
  })
  it('[BLK-8] ends a reader too, and asks nothing after', async () => {
    const world = await create()
    const storage = await world.open()
    try {
      const named = namedBlock(20, 512)
      const [location = ''] = await storage.store(named.cid, named.block, never())
      await world.reader.stop()
      await world.reader.stop()
      expect(await thrownBy(world.reader.read(location, named.cid, never()))).toMatchObject(STOPPED)
    } finally {
      await storage.stop()
      await world.dispose()
    }
  })
}

const STOPPED = { name: 'PortError', code: 'STORAGE_UNREACHABLE' }

function faultRules(create: () => Promise<BlockStorageWorld>): void {
  const FAULTS = [
    ['refused', 'a refusal is said as one, for a person to act on', 'STORAGE_REFUSED', false],
    ['down', 'a place that is not there is unreachable, for now', 'STORAGE_UNREACHABLE', true],
  ] as const
  for (const [fault, text, code, isRetryable] of FAULTS) {
    it(`[BLK-7] ${text}`, async (context) => {
      const world = await create()
      const storage = await world.open()
      try {
        const begin = world.faults[fault]
        if (begin === undefined) return context.skip(`${fault} cannot be made here`)
        const named = namedBlock(15, 512)
        const locations = await storage.store(named.cid, named.block, never())
        const end = await begin()
        const [store, ...others] = actions(storage, namedBlock(16, 512))
        const expected = expect.objectContaining({ name: 'PortError', code, isRetryable })
        await expect(store(never())).rejects.toEqual(expected)
        // a place that still reads may tell the truth: the block is not there
        const outcomes = fault === 'down' ? [expected] : [expected, undefined, false]
        for (const act of others) expect(outcomes).toContainEqual(await act(never()).catch((thrown: unknown) => thrown))
        await end()
        await expectReadable(world, named, locations)
        await expectReadable(world, named, await storage.store(named.cid, named.block, never()))
      } finally {
        await storage.stop()
        await world.dispose()
      }
    })
  }
  it('[BLK-7] a place that is full says so, and keeps what it has', async (context) => {
    const world = await create()
    const storage = await world.open()
    try {
      if (world.faults.full === undefined) return context.skip('full cannot be made here')
      const kept = namedBlock(17, 512)
      const locations = await storage.store(kept.cid, kept.block, never())
      const end = await world.faults.full()
      const named = namedBlock(18, 32_768)
      const error: unknown = await storage.store(named.cid, named.block, never()).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: 'PortError', code: expect.stringMatching(/^(STORE_FULL|STORAGE_REFUSED)$/) })
      expect(String(error)).toMatch(/full|space|quota/i)
      expect(await storage.has(named.cid, never())).toBe(false)
      await expectReadable(world, kept, locations)
      await end()
      await expectReadable(world, named, await storage.store(named.cid, named.block, never()))
    } finally {
      await storage.stop()
      await world.dispose()
    }
  })
}
