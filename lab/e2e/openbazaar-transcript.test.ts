/** What real OpenBazaar nodes answered, asked again of real nodes of ours. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { OldClient, OPENBAZAAR_FLAGS } from './support/openbazaar.ts'
import { befriend, Stage } from './support/stage.ts'
import { until } from './support/until.ts'

const PATH = new URL('../../../shared/vectors/openbazaar/rest-transcript.json', import.meta.url)

interface Entry {
  readonly node: string
  readonly note: string
  readonly method: string
  readonly path: string
  readonly request: unknown
  readonly status: number
  readonly contentType: string
  readonly response: unknown
}

interface Transcript {
  readonly peers: Readonly<Record<string, string>>
  readonly rest: readonly Entry[]
  readonly websocket: readonly { readonly frame: Readonly<Record<string, unknown>> }[]
}

/** What differs, by the name of the field: we have no wallet, and our own version. */
const OURS: Readonly<Record<string, unknown>> = {
  wallets: [],
  currencies: [],
  version: expect.anything(),
  // They are in the profile, which nobody has at that time.
  Addrs: expect.any(Array),
}
const WITHOUT = new Set(['bitcoinPubkey'])
const VARYING: Readonly<Record<string, unknown>> = {
  timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?Z$/),
  lastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?Z$/),
  hash: expect.stringMatching(/^Qm/),
}

test.skipIf(!existsSync(PATH))(
  '[OBG-5] [OBG-6] [OBG-10] answers as recorded nodes of OpenBazaar did, but for what is said to differ',
  { timeout: 120_000 },
  async () => {
    const transcript: Transcript = JSON.parse(readFileSync(PATH, 'utf8'))
    await using stage = new Stage()
    const [alice, bob, carol] = await Promise.all(
      ['alice', 'bob', 'carol'].map((name) => stage.daemon(name, { others: OPENBAZAAR_FLAGS })),
    )
    if (alice === undefined || bob === undefined || carol === undefined) throw new Error('three nodes')
    // Nodes of ours talk to people in contact; theirs talk to everybody.
    await befriend(alice, bob)
    await befriend(alice, carol)
    using a = await OldClient.open(alice)
    using b = await OldClient.open(bob)
    using c = await OldClient.open(carol)
    const clients = new Map([
      ['alice', a],
      ['bob', b],
      ['carol', c],
    ])
    const ours = new Map([...clients].map(([name, client]) => [transcript.peers[name] ?? '', client.peerId]))
    const translate = (text: string): string => [...ours].reduce((now, [old, own]) => now.replaceAll(old, own), text)
    /** Ids of messages, of theirs and of ours. */
    const ids = new Map<string, string>()
    const expected = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(expected)
      if (typeof value === 'string') return ids.get(value) ?? translate(value)
      if (typeof value !== 'object' || value === null) return value
      const entries = Object.entries(value).filter(([key]) => !WITHOUT.has(key))
      return Object.fromEntries(entries.map(([key, item]) => [key, OURS[key] ?? VARYING[key] ?? expected(item)]))
    }
    for (const entry of transcript.rest) {
      const client = clients.get(entry.node)
      if (client === undefined) throw new Error(entry.node)
      const name = `${entry.node} ${entry.method} ${entry.path} ${entry.note}`
      const request = typeof entry.request === 'string' ? translate(entry.request) : entry.request
      const body = request === null ? undefined : JSON.parse(translate(JSON.stringify(request)))
      const look = async (): Promise<boolean> => {
        const answer = await client.ask(entry.method, translate(entry.path), body)
        expect(answer.status, `${name}: ${answer.text}`).toBe(entry.status)
        expect(answer.headers.get('content-type'), name).toContain(entry.contentType)
        const [told, wanted] = [idIn(answer.body), idIn(entry.response)]
        if (told !== undefined && wanted !== undefined) ids.set(wanted, told)
        const isPeerList = entry.path === '/ob/peers' || entry.path.startsWith('/ob/closestpeers')
        const isAnyOrder = isPeerList || entry.path === '/ob/fetchprofiles'
        const sorted = (value: unknown): unknown => (isAnyOrder ? sortedBy(value) : value)
        if (entry.note === 'async, server id') expect(answer.body, name).toEqual({ id: expect.any(String) })
        else expect(sorted(answer.body), name).toEqual(sorted(expected(entry.response)))
        return true
      }
      // Their recorder slept between the steps; we look until it is so.
      if (entry.method === 'GET') await until(name, look, 5_000)
      else await look()
    }
    const info = await a.get(`/ob/peerinfo/${b.peerId}`)
    const address = expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/)
    expect(info.body).toEqual({ ID: b.peerId, Addrs: [address] })
    // Frames come at their own pace, so only which ones there are is compared.
    await until('all profiles were told', () => a.frames.filter((frame) => 'profile' in frame).length >= 4)
    expect(a.frames).toContainEqual({
      id: 'my-fetch-1',
      error: 'not found',
      peerID: 'QmNotAPeer',
      peerId: 'QmNotAPeer',
    })
    expect(a.frames.filter((frame) => frame['id'] === 'my-fetch-1')).toHaveLength(3)
    expect(a.frames).toContainEqual({ status: 'publishing' })
    const theirs = transcript.websocket.find(({ frame }) => 'profile' in frame)?.frame ?? {}
    const profileFrame = a.frames.find((frame) => 'profile' in frame) ?? {}
    expect(Object.keys(profileFrame).toSorted()).toEqual(Object.keys(theirs).toSorted())
  },
)

const idIn = (value: unknown): string | undefined =>
  typeof value === 'object' && value !== null && 'messageId' in value ? String(value.messageId) : undefined

const sortedBy = (value: unknown): unknown =>
  Array.isArray(value) ? value.toSorted((x, y) => (keyOf(x) < keyOf(y) ? -1 : 1)) : value

const keyOf = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'peerId' in value ? String(value.peerId) : String(value)
