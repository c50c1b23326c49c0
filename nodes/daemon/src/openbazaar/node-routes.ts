/** The node itself, who is followed, signatures. Spec: OBG-17…OBG-19. */
import {
  compareBytes,
  encodeOpenBazaarPublicKey,
  fromHex,
  multihashText,
  openBazaarPeerId,
  parseOpenBazaarId,
  parseOpenBazaarPublicKey,
  sha256,
  toHex,
  utf8,
} from '@parley/core'
import { parseObject, textIn } from './given.ts'
import { FOLLOWING_MAX } from './limits.ts'
import { isPeerId, peerIdOf } from './names.ts'
import { notAPeer, Refusal } from './refusal.ts'
import { type Ask, Reply, type Routes } from './routes.ts'

const HEX = /^([0-9a-f]{2})*$/i
const KEY_BYTES = 32

export const nodeRoutes: Routes = {
  'GET config': getConfig,
  'GET peers': async (ask) => connectedPeers(ask),
  'GET closestpeers': getClosestPeers,
  'GET status': getStatus,
  'GET peerinfo': getPeerInfo,
  'GET healthcheck': async () => ({}),
  'GET followers': async ({ rest, session }) => ownList(rest[0] ?? '', session.people.peerId, []),
  'GET following': async (ask) =>
    ownList(ask.rest[0] ?? '', ask.session.people.peerId, await ask.session.following.get()),
  'POST follow': follow,
  'POST unfollow': unfollow,
  'GET notifications': async () => ({ notifications: [], total: 0, unread: 0 }),
  'POST signmessage': signMessage,
  'POST verifymessage': verifyMessage,
  'POST hashmessage': async ({ body }) => ({
    hash: multihashText(sha256(utf8(textIn(parseObject(body, 'hashRequest'), 'content')))),
  }),
  // Our node looks for what waits by itself, and is woken.
  'GET scanofflinemessages': async () => ({}),
  'POST shutdown': async ({ node }) => new Reply({ body: {}, afterwards: () => node.shutDown() }),
}

async function getConfig({ session }: Ask): Promise<unknown> {
  const { transport } = await session.client.call('network.get', {})
  return { peerID: session.people.peerId, testnet: false, tor: transport === 'tor', wallets: [] }
}

async function connectedPeers({ session }: Ask): Promise<string[]> {
  const { peers } = await session.client.call('network.get', {})
  return [...new Set(peers.map(({ account }) => peerIdOf(account)))]
}

/** Of the connected ones, the nearest first, as a DHT measures. */
async function getClosestPeers(ask: Ask): Promise<unknown> {
  const target = parseOpenBazaarId(ask.rest[0] ?? '')
  if (target === undefined) return []
  const distanceTo = (peerId: string): Uint8Array =>
    (parseOpenBazaarId(peerId) ?? target).map((byte, at) => byte ^ (target[at] ?? 0))
  const peers = await connectedPeers(ask)
  return peers.toSorted((a, b) => compareBytes(distanceTo(a), distanceTo(b)))
}

async function getStatus(ask: Ask): Promise<unknown> {
  const { session, rest } = ask
  const peerId = rest[0] ?? ''
  if (!isPeerId(peerId)) throw new Refusal(400, "input isn't valid multihash")
  if (peerId === session.people.peerId) return { status: 'online' }
  const isConnected = (await connectedPeers(ask)).includes(peerId)
  return { status: isConnected ? 'online' : 'offline' }
}

async function getPeerInfo({ session, rest }: Ask): Promise<unknown> {
  const peerId = rest[0] ?? ''
  if (!isPeerId(peerId)) throw notAPeer()
  const { client, people } = session
  if (peerId === people.peerId) {
    const { addresses } = await client.call('me.get', {})
    return { ID: peerId, Addrs: addresses.map(withoutPeer) }
  }
  const person = await people.find(peerId)
  if (person === undefined) throw new Refusal(404, 'routing: not found')
  const [answer] = await client.call('profiles.cached', { ids: [peerId] })
  return { ID: peerId, Addrs: (answer?.profile?.addresses ?? []).map(withoutPeer) }
}

/** The id stands beside it. */
const withoutPeer = (address: string): string => address.replace(/\/p2p\/[^/]+$/, '')

/** Of others nothing is published. @throws Refusal 404 */
function ownList(peerId: string, own: string, list: readonly string[]): readonly string[] {
  if (peerId !== '' && peerId !== own) throw new Refusal(404, 'not found')
  return list
}

async function follow(ask: Ask): Promise<unknown> {
  const peerId = textIn(parseObject(ask.body, 'PeerID'), 'id')
  if (!isPeerId(peerId)) throw notAPeer()
  await ask.session.following.update((peers) => {
    if (peers.includes(peerId)) return peers
    if (peers.length >= FOLLOWING_MAX) throw new Refusal(500, `At most ${FOLLOWING_MAX} people can be followed here.`)
    return [...peers, peerId]
  })
  return {}
}

async function unfollow(ask: Ask): Promise<unknown> {
  const peerId = textIn(parseObject(ask.body, 'PeerID'), 'id')
  if (!isPeerId(peerId)) throw notAPeer()
  await ask.session.following.update((peers) =>
    peers.includes(peerId) ? peers.filter((each) => each !== peerId) : peers,
  )
  return {}
}

async function signMessage({ session, body }: Ask): Promise<unknown> {
  const text = textIn(parseObject(body, 'signRequest'), 'content')
  const { signature, publicKey } = await session.client.call('me.sign', { text })
  return { signature, pubkey: toHex(encodeOpenBazaarPublicKey(fromHex(publicKey))), peerId: session.people.peerId }
}

/** Really verifies: the key made the signature, and the peer id is the key's. */
async function verifyMessage({ session, body }: Ask): Promise<unknown> {
  const given = parseObject(body, 'ciphertext')
  const [text, signature, pubkey] = [textIn(given, 'content'), textIn(given, 'signature'), textIn(given, 'pubkey')]
  if (!HEX.test(signature) || !HEX.test(pubkey)) throw new Refusal(400, 'encoding/hex: invalid byte')
  const bytes = fromHex(pubkey.toLowerCase())
  const key = bytes.length === KEY_BYTES ? bytes : parseOpenBazaarPublicKey(bytes)
  if (key === undefined) return { error: 'VERIFICATION_FAILED' }
  const { isValid } = await session.client.call('me.verify', { text, signature, publicKey: toHex(key) })
  if (!isValid) return { error: 'VERIFICATION_FAILED' }
  const peerId = openBazaarPeerId(key)
  return peerId === textIn(given, 'peerId') ? { error: '', peerId } : { error: 'PEER_ID_PUBKEY_MISMATCH' }
}
