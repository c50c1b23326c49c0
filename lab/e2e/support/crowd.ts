/** Many people whom one account knows: real engines over a network in memory, and the account's own database on disk. */
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { createMemoryNetworkHub, createMemoryStore, type MemoryNetworkHub } from '@parley/adapter-memory'
import { createNodeCrypto, nodeRandom } from '@parley/adapter-crypto-node'
import { openSqliteStore } from '@parley/adapter-store-sqlite-node'
import { peerIdOfKey, type CryptoPort } from '@parley/core'
import { openEngine, type ClockPort, type Engine, type LogPort, type StorePort } from '@parley/engine'
import { until } from './until.ts'

const AT_ONCE = 8
const WAIT_MS = 20_000
const PIXELS = 64

const log: LogPort = { log: () => undefined }
const clock: ClockPort = {
  now: () => Date.now(),
  after(delayMs, fire) {
    const timer = setTimeout(fire, delayMs)
    return () => clearTimeout(timer)
  },
}

interface Scene {
  readonly hub: MemoryNetworkHub
  readonly crypto: CryptoPort
}

const open = ({ hub, crypto }: Scene, store: StorePort, name: string): Promise<Engine> =>
  openEngine(
    {
      store,
      storage: undefined,
      openNames: undefined,
      clock,
      random: nodeRandom,
      crypto,
      log,
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      createNetwork: async (deviceSeed) => hub.createNetwork(peerIdOfKey(await crypto.ed25519PublicKey(deviceSeed))),
    },
    { name },
  )

/**
 * Makes an account in the folder `data` of a daemon that does not run, which knows `count` people: each with a handle, a
 * place, a picture and a message that nobody has read. They are gone when this resolves.
 */
export async function knowMany(data: string, name: string, count: number): Promise<void> {
  const scene = { hub: createMemoryNetworkHub({ clock }), crypto: await createNodeCrypto() }
  const engine = await open(scene, openSqliteStore({ path: join(data, 'node.db'), log }), name)
  try {
    const { link } = await engine.call('invites.create', {})
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < count) await meet(scene, engine, link, next++)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
  } finally {
    await engine[Symbol.asyncDispose]()
  }
}

async function meet(scene: Scene, host: Engine, link: string, number: number): Promise<void> {
  const guest = await open(scene, createMemoryStore(), personName(number))
  try {
    await guest.call('profile.update', { handle: `person${number}`, location: `Street ${number}` })
    await guest.call('profile.setAvatar', { image: picture(number).toString('base64') })
    const { account } = await guest.call('me.get', {})
    const { id } = await guest.call('contacts.add', { link })
    const request = await until(
      `the request of person ${number} arrives`,
      async () => (await host.call('requests.list', {})).find((each) => each.account === account),
      WAIT_MS,
    )
    await host.call('requests.accept', { id: request.id })
    await until(
      `person ${number} may write`,
      async () =>
        (await guest.call('conversations.list', {})).some((each) => each.id === id && each.status === 'active'),
      WAIT_MS,
    )
    await guest.call('messages.send', { conversation: id, text: `Message of person ${number}` })
    await until(
      `the head of person ${number} is known`,
      async () => {
        const { messages } = await host.call('messages.page', { conversation: id, limit: 1 })
        const [answer] = await host.call('profiles.cached', { ids: [account] })
        const cid = answer?.profile?.avatar
        if (messages.length === 0 || cid === undefined) return false
        return host.call('avatars.fetch', { cid }).then(() => true)
      },
      WAIT_MS,
    )
  } finally {
    await guest[Symbol.asyncDispose]()
  }
}

/** Names of several lengths, and some in a script from right to left. */
export const personName = (number: number): string =>
  number % 9 === 4 ? `شخص ${number}` : `Person ${number}${number % 5 === 2 ? ' with a longer name' : ''}`

/** A square of one colour, different for everybody. */
function picture(number: number): Buffer {
  const row = Buffer.concat([
    Buffer.of(0),
    Buffer.alloc(PIXELS * 3, Buffer.of((number * 37) % 256, (number * 101) % 256, number % 256)),
  ])
  const header = Buffer.alloc(13)
  header.writeUInt32BE(PIXELS, 0)
  header.writeUInt32BE(PIXELS, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const pixels = deflateSync(Buffer.concat(Array.from({ length: PIXELS }, () => row)))
  return Buffer.concat([
    Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}
