/** Profiles between real processes: at once over links, from holders while their owner is away, never an old one again. */
import { randomBytes } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'
import type { ProfileAnswer } from '@parley/engine/api'
import { createLibp2pNetwork } from '@parley/adapter-network-libp2p'
import { createNameService } from '@parley/adapter-names-ipns'
import { leaseIpfs } from '@parley/adapter-storage-helia'
import { openBazaarPeerId, parseAccount, parseProfileRecord } from '@parley/core'
import { expect, test } from 'vitest'
import type { Daemon } from './support/daemon.ts'
import { Stage } from './support/stage.ts'
import { until } from './support/until.ts'

const accountOf = async (daemon: Daemon): Promise<string> => (await daemon.api.call('me.get', {})).account

async function fetched(daemon: Daemon, ids: readonly string[]): Promise<readonly ProfileAnswer[]> {
  const answers: ProfileAnswer[] = []
  for await (const answer of daemon.api.socket.stream('profiles.fetch', { ids: [...ids], priority: 'visible' })) {
    answers.push(answer)
  }
  return answers
}

const seenBy = (daemon: Daemon, account: string, name: string): Promise<boolean> =>
  until(`${daemon.name} sees ${name}`, async () => {
    const [answer] = await daemon.api.call('profiles.cached', { ids: [account] })
    return answer?.profile?.name === name
  })

const isPublished = (daemon: Daemon): Promise<boolean> =>
  until('the profile is published', async () => (await daemon.api.call('profile.get', {})).publishedAt !== undefined)

/** A square PNG of one colour. */
function picture(side: number): string {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data])
    const sized = Buffer.alloc(8 + body.length)
    sized.writeUInt32BE(data.length, 0)
    body.copy(sized, 4)
    sized.writeUInt32BE(crc32(body), 4 + body.length)
    return sized
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([8, 0, 0, 0, 0], 8)
  const pixels = deflateSync(Buffer.alloc((side + 1) * side, 0))
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]).toString('base64')
}

test('[PFX-1] what somebody says about themselves is with their contacts at once, picture and all', async () => {
  await using stage = new Stage()
  const { alice, bob } = await stage.friends()
  const account = await accountOf(alice)
  await alice.api.call('profile.update', {
    name: 'Alice Moreau',
    handle: 'alice',
    location: 'Prague',
    about: 'Lenses.',
  })
  await seenBy(bob, account, 'Alice Moreau')
  const { avatar } = await alice.api.call('profile.setAvatar', { image: picture(64) })
  await until('bob has all of it', async () => {
    const [conversation] = await bob.api.call('conversations.list', {})
    return conversation?.avatar === avatar && conversation?.handle === 'alice' && conversation.location === 'Prague'
  })
  const answer = await fetch(`${bob.url}/v1/avatars/${avatar}`, { headers: { authorization: `Bearer ${bob.token}` } })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png'])
  expect(Buffer.from(await answer.arrayBuffer()).toString('base64')).toBe(picture(64))
  const versions = await until('bob has seen several versions', async () => {
    const history = await bob.api.call('profiles.history', { account })
    return history.length >= 3 ? history : undefined
  })
  expect(versions.map(({ version }) => version)).toEqual(
    versions.map(({ version }) => version).toSorted((a, b) => b - a),
  )
})

test('[PFX-1] a profile for contacts stays with them: a stranger finds nothing, at nobody', async () => {
  await using stage = new Stage()
  const { address } = await stage.pushNode()
  const { alice } = await stage.friends({ bootstrap: address })
  const carol = await stage.daemon('carol', { name: 'Carol', bootstrap: address })
  await alice.api.call('profile.update', { handle: 'alice', visibility: 'contacts' })
  const [answer] = await fetched(carol, [await accountOf(alice)])
  expect(answer?.outcome).toBe('unknown')
})

test('[PFX-1] a public profile is found by strangers while its owner is away, and leads to a first contact', async () => {
  await using stage = new Stage()
  const { address } = await stage.pushNode()
  const alice = await stage.daemon('alice', { name: 'Alice', bootstrap: address })
  const carol = await stage.daemon('carol', { name: 'Carol', bootstrap: address })
  await alice.api.call('profile.setAvatar', { image: picture(32) })
  await alice.api.call('profile.update', { handle: 'alice', location: 'Prague', visibility: 'public' })
  await isPublished(alice)
  const account = await accountOf(alice)
  const oldId = openBazaarPeerId(parseAccount(account) ?? new Uint8Array(0))
  await alice.kill9()
  const answers = await fetched(carol, [account, oldId, oldId])
  expect(answers.map(({ outcome, profile }) => [outcome, profile?.handle, profile?.account])).toEqual([
    ['found', 'alice', account],
    ['found', 'alice', account],
  ])
  const [{ profile } = { profile: undefined }] = answers
  const cid = profile?.avatar ?? ''
  expect((await carol.api.call('avatars.fetch', { cid })).image).toBe(picture(32))
  await carol.api.call('contacts.add', { link: profile?.invite ?? '', text: 'I found you by your profile' })
  await alice.start()
  const [request] = await until('the request arrives', async () => {
    const requests = await alice.api.call('requests.list', {})
    return requests.length > 0 ? requests : undefined
  })
  expect(request?.text).toBe('I found you by your profile')
})

test('[PFX-1] an old profile never comes back, whoever still has it', async () => {
  await using stage = new Stage()
  const { address } = await stage.pushNode()
  const { alice, bob } = await stage.friends({ bootstrap: address })
  const account = await accountOf(alice)
  await alice.api.call('profile.update', { name: 'First', visibility: 'public' })
  await isPublished(alice)
  await seenBy(bob, account, 'First')
  await alice.api.call('profile.update', { name: 'Second' })
  await seenBy(bob, account, 'Second')
  await bob.kill9()
  await bob.start()
  const [cached] = await bob.api.call('profiles.cached', { ids: [account] })
  expect(cached?.profile?.name).toBe('Second')
  const [asked] = await fetched(bob, [account])
  expect(asked?.profile?.name).toBe('Second')
})

test('[PFX-8] [PUB-4] a public profile stands under the IPNS name of its account', async () => {
  await using stage = new Stage()
  const { address } = await stage.pushNode()
  const alice = await stage.daemon('alice', { name: 'Alice', bootstrap: address })
  await alice.api.call('profile.update', { handle: 'alice', visibility: 'public' })
  await isPublished(alice)
  const log = { log: () => undefined }
  const network = await createLibp2pNetwork({ deviceSeed: randomBytes(32), listen: [], bootstrap: [address], log })
  await network.start({
    onLink: (link) => link.close(),
    onStatus: () => undefined,
    onNetworkChanged: () => undefined,
    onWake: () => undefined,
    onPushNodes: () => undefined,
    onProfile: () => undefined,
  })
  const names = await createNameService({ libp2p: network.libp2p, ipfs: leaseIpfs(network.libp2p, log), log })
  try {
    const key = parseAccount(await accountOf(alice)) ?? new Uint8Array(0)
    const block = await until('the name is found', () => names.resolve(key, AbortSignal.timeout(10_000)))
    const record = parseProfileRecord(block)
    expect(record.ok && [record.value.handle, record.value.isPublic]).toEqual(['alice', true])
  } finally {
    await names.stop()
    await network.stop()
  }
})
