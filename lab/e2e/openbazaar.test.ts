/** An unmodified client of OpenBazaar 2.0 in front of our nodes: what its desktop does all day. */
import { expect, test } from 'vitest'
import type { Daemon } from './support/daemon.ts'
import { fieldOf, OldClient, OPENBAZAAR_FLAGS } from './support/openbazaar.ts'
import { befriend, Stage } from './support/stage.ts'
import { until } from './support/until.ts'

/** Several nodes that start, stop and look for each other. */
const LONG = { timeout: 180_000 }

const others = OPENBAZAAR_FLAGS
const PAGE = 25

const pair = async (stage: Stage): Promise<{ alice: Daemon; bob: Daemon; conversation: string }> =>
  stage.friends({ others })

test('[OBG-8] [OBG-9] [OBG-10] [OBG-11] a conversation of two desktops: write, type, read, page, remove', async () => {
  await using stage = new Stage()
  const { alice, bob } = await pair(stage)
  using a = await OldClient.open(alice)
  using b = await OldClient.open(bob)
  expect(await a.messages(b.peerId)).toEqual([])

  await a.post('/ob/chat/', { peerId: b.peerId, subject: '', message: '' })
  const typing = await b.heard('messageTyping', ({ peerId }) => peerId === a.peerId)
  expect(typing).toEqual({ messageId: expect.stringMatching(/^Qm/), peerId: a.peerId, subject: '' })
  expect(await b.messages(a.peerId)).toEqual([])

  const raw = `a < b && c > "d" 'e' <script>alert(1)</script>\n日本語 👩‍👩‍👧‍👦`
  const id = await a.chat(b.peerId, raw)
  const frame = await b.heard('message', ({ messageId }) => messageId === id)
  expect(frame).toEqual({
    message: raw,
    messageId: id,
    outgoing: false,
    peerId: a.peerId,
    read: false,
    subject: '',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?Z$/),
  })
  expect(await b.messages(a.peerId)).toEqual([frame])
  expect((await b.get('/ob/chatconversations')).body).toEqual([
    { lastMessage: raw, outgoing: false, peerId: a.peerId, timestamp: frame['timestamp'], unread: 1 },
  ])

  expect((await b.get(`/ob/chatmessages/${a.peerId}?limit=1`)).body).toEqual([frame])
  expect((await b.post(`/ob/markchatasread/${a.peerId}`)).body).toEqual({})
  await a.heard('messageRead', ({ messageId, peerId }) => messageId === id && peerId === b.peerId)
  expect((await a.messages(b.peerId))[0]).toMatchObject({ messageId: id, outgoing: true, read: true })
  expect((await b.messages(a.peerId))[0]).toMatchObject({ messageId: id, outgoing: false, read: true })
  const receipts = a.frames.length
  for (let index = 0; index < 5; index++) await b.post(`/ob/markchatasread/${a.peerId}/?subject=`)

  const texts = Array.from({ length: 60 }, (_, index) => `message ${index}`)
  for (const text of texts) await b.chat(a.peerId, text)
  await a.heard('message', ({ message }) => message === texts.at(-1))
  // Nothing was unread, so nobody was told: everything since is a message.
  expect(a.frames.slice(receipts).filter((each) => 'messageRead' in each)).toEqual([])
  const unread = (await a.messages(b.peerId, '?limit=61')).map(({ read }) => read)
  expect(unread).toEqual([...texts.map(() => false), true])
  const paged: string[] = []
  for (let offsetId = ''; ;) {
    const page = await a.messages(b.peerId, `?limit=${PAGE}&offsetId=${offsetId}`)
    paged.push(...page.map(({ message }) => message))
    offsetId = page.at(-1)?.messageId ?? ''
    if (page.length < PAGE) break
  }
  expect(paged).toEqual([...texts.toReversed(), raw])
  expect(await a.texts(b.peerId)).toEqual(paged)
  expect(await a.texts(b.peerId, '?limit=-1')).toEqual(paged)
  expect(await a.messages(b.peerId, '?limit=0')).toEqual([])
  expect((await a.get(`/ob/chatmessages/${b.peerId}?limit=x`)).status).toBe(500)
  expect(await a.messages(b.peerId, `?offsetId=${a.peerId}`)).toEqual([])

  expect((await a.ask('DELETE', `/ob/chatmessage/${id}`)).body).toEqual({})
  expect((await a.ask('DELETE', `/ob/chatmessage/${a.peerId}`)).body).toEqual({})
  expect(await a.texts(b.peerId)).toEqual(texts.toReversed())
  await a.chat(b.peerId, 'about the order', 'order-7')
  expect((await a.ask('DELETE', `/ob/chatconversation/${b.peerId}`)).body).toEqual({})
  expect(await a.messages(b.peerId)).toEqual([])
  expect((await a.get('/ob/chatconversations')).body).toEqual([])
  expect(await a.texts(b.peerId, '?subject=order-7')).toEqual(['about the order'])
  await until('it arrives', async () => (await b.messages(a.peerId, '?subject=order-7')).length === 1)
  expect(await b.texts(a.peerId)).toEqual([...texts.toReversed(), raw])
})

test('[OBG-8] [OBG-10] [OBG-16] three people discuss an order, each message with one id for all', async () => {
  await using stage = new Stage()
  const { alice: vendor, bob: buyer } = await pair(stage)
  const moderator = await stage.daemon('moderator', { name: 'Moderator', others })
  await befriend(moderator, vendor)
  await befriend(moderator, buyer)
  using v = await OldClient.open(vendor)
  using b = await OldClient.open(buyer)
  using m = await OldClient.open(moderator)
  using window = await b.window()
  const subject = 'QmOrder number 1'
  const query = `?limit=20&subject=${encodeURIComponent(subject)}`
  expect((await b.post('/ob/groupchat/', { peerIds: [v.peerId, m.peerId], message: 'x' })).status).toBe(400)
  expect((await b.post('/ob/groupchat/', { peerIds: [v.peerId, 'Qm'], subject, message: 'x' })).status).toBe(500)
  expect(await v.messages('', query)).toEqual([])

  const said = await b.post('/ob/groupchat/', { peerIds: [v.peerId, m.peerId], subject, message: 'Where is it?' })
  const id = String(fieldOf(said.body, 'messageId'))
  for (const reader of [v, m]) {
    const frame = await reader.heard('message', ({ messageId }) => messageId === id)
    expect(frame).toMatchObject({ message: 'Where is it?', peerId: b.peerId, subject, outgoing: false, read: false })
    expect(await reader.messages('', query)).toEqual([frame])
    expect(await reader.messages(b.peerId)).toEqual([])
  }
  expect(await b.messages('', query)).toMatchObject([{ messageId: id, peerId: '', outgoing: true, subject }])
  const told = await window.heard('message', ({ messageId }) => messageId === id)
  expect(told).toMatchObject({ outgoing: true, peerId: '', subject })
  expect(window.frames.filter((frame) => fieldOf(frame['message'], 'messageId') === id)).toHaveLength(1)

  await v.post('/ob/groupchat', { peerIds: [b.peerId, m.peerId], subject, message: 'On its way' })
  await m.post('/ob/groupchat', { peerIds: [b.peerId, v.peerId], subject, message: '' })
  await b.heard('messageTyping', (frame) => frame['peerId'] === m.peerId && frame['subject'] === subject)
  await b.heard('message', ({ message }) => message === 'On its way')
  expect(await b.texts('', query)).toEqual(['On its way', 'Where is it?'])
  expect((await b.get('/ob/chatconversations')).body).toEqual([])
  await b.post(`/ob/markchatasread?subject=${encodeURIComponent(subject)}`)
  expect((await b.messages('', query)).map(({ read, outgoing }) => read || outgoing)).toEqual([true, true])
  await v.heard('messageRead', ({ peerId }) => peerId === b.peerId)
  await b.ask('DELETE', `/ob/chatmessage/${id}`)
  expect(await b.texts('', query)).toEqual(['On its way'])
})

test('[OBG-13] [OBG-11] blocked by settings means blocked at once, and is read back', async () => {
  await using stage = new Stage()
  const { alice, bob } = await pair(stage)
  using a = await OldClient.open(alice)
  using b = await OldClient.open(bob)
  expect((await a.ask('PATCH', '/ob/settings/', { blockedNodes: [b.peerId] })).status).toBe(404)
  await a.post('/ob/settings', { localCurrency: 'USD', blockedNodes: [], shippingAddresses: null, nonsense: 1 })
  expect((await a.ask('PATCH', '/ob/settings/', { blockedNodes: [b.peerId, 'not a peer'] })).body).toEqual({})
  expect((await a.get('/ob/settings')).body).toEqual({
    localCurrency: 'USD',
    mispaymentBuffer: 1,
    blockedNodes: [b.peerId],
    version: expect.any(String),
  })
  await b.chat(a.peerId, 'Are you there?')
  const refused = await a.post('/ob/chat', { peerId: b.peerId, subject: '', message: 'No' })
  expect(refused).toMatchObject({ status: 500, body: { success: false, reason: expect.any(String) } })
  await until('the link is gone', async () => (await a.get('/ob/peers')).text === '[]')
  expect(await a.messages(b.peerId)).toEqual([])
  expect((await a.ask('DELETE', `/ob/blocknode/${b.peerId}`)).body).toEqual({})
  expect(fieldOf((await a.get('/ob/settings')).body, 'blockedNodes')).toEqual([])
  await a.heard('message', ({ message }) => message === 'Are you there?')
  await a.post(`/ob/blocknode/${b.peerId}`)
  const conversations = await alice.rest('GET', '/v1/conversations')
  expect(conversations.body).toMatchObject([{ status: 'blocked' }])
})

test(
  '[OBG-12] [OBG-21] [OBG-7] a message to somebody unknown and away waits, finds them, and is answered',
  LONG,
  async () => {
    await using stage = new Stage()
    const { address } = await stage.pushNode()
    const flags = { bootstrap: address, others }
    const alice = await stage.daemon('alice', { name: 'Alice', ...flags })
    const bob = await stage.daemon('bob', { name: 'Bob', ...flags })
    using b = await OldClient.open(bob)
    const bobsId = b.peerId
    b[Symbol.dispose]()
    await bob.stop()

    using a = await OldClient.open(alice)
    const first = await a.chat(bobsId, 'Is the bicycle still there?')
    const second = await a.chat(bobsId, 'I would come on Friday.')
    const waiting = await a.messages(bobsId)
    expect(waiting.map(({ messageId }) => messageId)).toEqual([second, first])
    expect((await a.get('/ob/chatconversations')).body).toMatchObject([
      { peerId: bobsId, lastMessage: 'I would come on Friday.', outgoing: true, unread: 0 },
    ])
    await alice.restart()
    using again = await OldClient.open(alice)
    expect(await again.texts(bobsId)).toEqual(['I would come on Friday.', 'Is the bicycle still there?'])

    await bob.start()
    using back = await OldClient.open(bob)
    expect((await back.post('/ob/profile', { name: 'Bob', handle: 'bob', vendor: true })).status).toBe(409)
    expect((await back.ask('PATCH', '/ob/profile', { handle: 'bob', vendor: true })).body).toEqual({})
    await until('Bob can be found', async () => (await again.get(`/ob/profile/${bobsId}`)).status === 200, 30_000)
    await until('publishing ended well', () => back.frames.some(({ status }) => status === 'publish complete'), 30_000)
    const request = await back.heard('message', ({ message }) => message === 'Is the bicycle still there?')
    expect(request).toMatchObject({ peerId: again.peerId, outgoing: false, read: false, subject: '' })
    expect(await back.messages(again.peerId)).toEqual([request])
    expect((await back.get('/ob/chatconversations')).body).toMatchObject([{ peerId: again.peerId, unread: 1 }])

    await back.chat(again.peerId, 'It is. Come by!')
    await again.heard('message', ({ message }) => message === 'It is. Come by!')
    await back.heard('message', ({ message }) => message === 'I would come on Friday.')
    const all = ['It is. Come by!', 'I would come on Friday.', 'Is the bicycle still there?']
    await until('all is there once', async () => {
      expect((await back.texts(again.peerId)).toSorted()).toEqual(all.toSorted())
      expect((await again.texts(bobsId)).toSorted()).toEqual(all.toSorted())
      return true
    })
    const ids = (await again.messages(bobsId)).map(({ messageId }) => messageId)
    expect(ids).toContain(first)
    expect(ids).toContain(second)
    const frames = back.frames.filter((frame) => fieldOf(frame['message'], 'message') === 'Is the bicycle still there?')
    expect(frames, 'heard of once, as a request').toHaveLength(1)
  },
)

test('[OBG-21] [OBG-13] [OBG-16] who asks is shown, seen, declined by deleting; a blocked stranger is never heard of', async () => {
  await using stage = new Stage()
  const [alice, carol, dave] = await Promise.all(
    ['alice', 'carol', 'dave'].map((name) => stage.daemon(name, { name, others })),
  )
  if (alice === undefined || carol === undefined || dave === undefined) throw new Error('three nodes')
  using a = await OldClient.open(alice)
  using c = await OldClient.open(carol)
  using d = await OldClient.open(dave)
  expect((await a.post(`/ob/blocknode/${d.peerId}`)).body).toEqual({})
  const { link } = await alice.api.call('invites.create', {})
  await dave.api.call('contacts.add', { link, text: 'Unwanted' })
  await carol.api.call('contacts.add', { link, text: 'May I ask something?' })
  const request = await a.heard('message', ({ message }) => message === 'May I ask something?')
  expect(await a.messages('')).toEqual([request])
  const head = { peerId: c.peerId, lastMessage: 'May I ask something?', outgoing: false }
  expect((await a.get('/ob/chatconversations')).body).toMatchObject([{ ...head, unread: 1 }])
  await a.post(`/ob/markchatasread/${c.peerId}`)
  expect((await a.get('/ob/chatconversations')).body).toMatchObject([{ ...head, unread: 0 }])
  expect(await a.messages(c.peerId)).toEqual([{ ...request, read: true }])
  await alice.restart()
  using again = await OldClient.open(alice)
  expect((await again.get('/ob/chatconversations')).body).toMatchObject([{ ...head, unread: 0 }])
  expect((await again.ask('DELETE', `/ob/chatmessage/${String(request['messageId'])}`)).body).toEqual({})
  await until('it is declined', async () => (await again.get('/ob/chatconversations')).text === '[]')
  expect(await alice.api.call('requests.list', {})).toEqual([])
  expect(await alice.api.call('contacts.list', {})).toEqual([])
  const heard = JSON.stringify([a.frames, again.frames])
  expect(heard).not.toContain('Unwanted')
  expect(heard).not.toContain(d.peerId)
})

test('[OBG-15] [OBG-14] profiles in bulk come over the socket, each once, also those of nobody', async () => {
  await using stage = new Stage()
  const { alice, bob } = await pair(stage)
  using a = await OldClient.open(alice)
  using b = await OldClient.open(bob)
  const extra = { shortDescription: 'Bicycles', vendor: true, colors: { primary: '#fff' }, unknown: 1, stats: null }
  await b.ask('PUT', '/ob/profile', { name: 'Bob', handle: 'bob', location: 'São Paulo', about: '<b>', ...extra })
  const nobody = 'Qmd5qDpcYkHCmkj9pMXU9TKBqEDWgEmtoHD5xjdJgumaHg'
  await until('the profile came', async () => {
    const { body } = await a.post('/ob/fetchprofiles', [b.peerId])
    return Array.isArray(body) && fieldOf(fieldOf(body[0], 'profile'), 'handle') === 'bob'
  })
  const path = '/ob/fetchprofiles?async=true&usecache=true&asyncID=1a2b'
  const asked = await a.post(path, [b.peerId, a.peerId, nobody, 'nonsense', b.peerId])
  expect(asked).toMatchObject({ status: 202, body: { id: '1a2b' } })
  await until('all are told', () => a.frames.filter(({ id }) => id === '1a2b').length === 4, 30_000)
  const answers = a.frames.filter(({ id }) => id === '1a2b')
  expect(new Set(answers.map(({ peerId }) => peerId))).toEqual(new Set([b.peerId, a.peerId, nobody, 'nonsense']))
  for (const peer of [nobody, 'nonsense']) {
    expect(answers).toContainEqual({ id: '1a2b', peerId: peer, peerID: peer, error: 'not found' })
  }
  const profile = fieldOf(
    answers.find(({ peerId }) => peerId === b.peerId),
    'profile',
  )
  expect(profile).toEqual({
    peerID: b.peerId,
    name: 'Bob',
    handle: 'bob',
    location: 'São Paulo',
    about: '<b>',
    shortDescription: 'Bicycles',
    nsfw: false,
    vendor: true,
    moderator: false,
    colors: { primary: '#fff' },
    currencies: [],
    version: 5,
    lastModified: expect.any(String),
  })
  const one = await a.get(`/ob/profile/${b.peerId}?usecache=true`)
  expect(one.body).toEqual(profile)
  expect(one.headers.get('cache-control')).toBe('public, max-age=600, immutable')
  expect(await a.get(`/ob/profile/${nobody}`)).toMatchObject({ status: 404, body: { reason: 'profile not found' } })
})
