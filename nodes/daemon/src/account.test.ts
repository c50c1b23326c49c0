import { parseAccount, toHex } from '@parley/core'
import { readdirSync, readFileSync } from 'node:fs'
import { connectSocket } from '@parley/engine/client'
import { describe, expect, it } from 'vitest'
import { asText, openScene, type Scene, temporaryFolder } from './testing.ts'

const PASSPHRASE = 'correct horse battery'
const accountOf = async (scene: Scene): Promise<unknown> => (await scene.ask('/v1/me')).json['account']
const stateOf = async (scene: Scene): Promise<unknown> => (await scene.ask('/v1/status')).json['state']
const phraseOf = async (scene: Scene): Promise<unknown> =>
  (await scene.send('POST', '/v1/me/recovery-phrase')).json['phrase']

describe('a sealed node', () => {
  it('[NODE-1] starts locked, and answers after the passphrase', async () => {
    using folder = temporaryFolder()
    let account: unknown
    {
      await using scene = await openScene(folder.path)
      account = await accountOf(scene)
      expect((await scene.send('POST', '/v1/me/passphrase', { passphrase: PASSPHRASE })).status).toBe(200)
    }
    await using scene = await openScene(folder.path)
    expect(scene.ready).toMatchObject({ state: 'locked', account: null, peerId: null, addresses: [] })
    expect(await stateOf(scene)).toBe('locked')
    for (const path of ['/v1/me', '/v1/conversations', '/v1/network']) {
      const answer = await scene.ask(path)
      expect([path, answer.status, answer.json['code']]).toEqual([path, 423, 'LOCKED'])
    }
    expect((await scene.send('POST', '/v1/practice')).json['code']).toBe('LOCKED')
    const wrong = await scene.send('POST', '/v1/unlock', { passphrase: 'wrong horse' })
    expect([wrong.status, wrong.json['code']]).toEqual([403, 'PASSPHRASE_WRONG'])
    expect(await stateOf(scene)).toBe('locked')

    const unlock = () => scene.send('POST', '/v1/unlock', { passphrase: PASSPHRASE })
    const [first, second] = await Promise.all([unlock(), unlock()])
    expect(new Set([first.status, second.status])).toEqual(new Set([200, 429]))
    expect([await stateOf(scene), await accountOf(scene)]).toEqual(['open', account])
    expect((await unlock()).status).toBe(200)
    expect(scene.lines.join()).not.toContain(PASSPHRASE)
  })
  it('[NODE-1] opens by itself with the passphrase, and does not start with a wrong one', async () => {
    using folder = temporaryFolder()
    {
      await using scene = await openScene(folder.path)
      await scene.send('POST', '/v1/me/passphrase', { passphrase: PASSPHRASE })
    }
    {
      await using scene = await openScene(folder.path, { passphrase: PASSPHRASE })
      expect(scene.ready.state).toBe('open')
    }
    await expect(openScene(folder.path, { passphrase: 'wrong horse' })).rejects.toMatchObject({
      code: 'PASSPHRASE_WRONG',
    })
    // The folder is free again.
    await using scene = await openScene(folder.path, { passphrase: PASSPHRASE })
    expect(scene.ready.state).toBe('open')
  })
})

describe('recovery', () => {
  it('[NODE-2, NODE-3] replaces a fresh account, and moves everybody over to it', async () => {
    using one = temporaryFolder()
    using other = temporaryFolder()
    await using lost = await openScene(one.path)
    await using fresh = await openScene(other.path)
    const token = fresh.ready.token
    using page = connectSocket(`${fresh.ready.url.replace('http', 'ws')}/v1/socket`, { token })
    const live = page.live('me.get', {})
    expect((await live.whenReady()).account).toBe(fresh.ready.account)
    const recovered = new Promise<void>((resolve) => {
      live.subscribe(() => {
        if (live.peek()?.account === lost.ready.account) resolve()
      })
    })
    const answer = await fresh.send('POST', '/v1/recover', { phrase: await phraseOf(lost), name: 'Ada' })
    expect([answer.status, answer.json['state']]).toEqual([200, 'open'])
    await recovered
    const me = (await fresh.ask('/v1/me')).json
    expect([me['account'], me['name']]).toEqual([lost.ready.account, 'Ada'])
    expect(me['peerId']).not.toBe(lost.ready.peerId)
    expect(readdirSync(other.path).filter((name) => name.startsWith('recovering'))).toEqual([])
  })
  it('[IDN-17] [IDN-18] [NODE-2] takes the 12 words of an OpenBazaar identity, and gives them back', async () => {
    using folder = temporaryFolder()
    const { openBazaarPhrases } = JSON.parse(
      readFileSync(new URL('../../../docs/spec/vectors/recovery-phrase.json', import.meta.url), 'utf8'),
    ) as { readonly openBazaarPhrases: readonly { readonly phrase: string; readonly account: string }[] }
    const [old] = openBazaarPhrases
    if (old === undefined) throw new Error('there are vectors')
    {
      await using scene = await openScene(folder.path)
      const spelled = ` ${old.phrase.toUpperCase().replaceAll(' ', '\n')} `
      const answer = await scene.send('POST', '/v1/recover', { phrase: spelled, name: 'Ada' })
      expect([answer.status, await accountOf(scene), await phraseOf(scene)]).toEqual([200, old.account, old.phrase])
      const text = 'I was there'
      const { signature, publicKey } = (await scene.send('POST', '/v1/me/signatures', { text })).json
      expect(asText(publicKey)).toBe(toHex(parseAccount(old.account) ?? new Uint8Array(0)))
      const verified = await scene.send('POST', '/v1/me/signatures/verify', { text, signature, publicKey })
      expect(verified.json).toEqual({ isValid: true })
    }
    await using scene = await openScene(folder.path, { recoveryPhrase: old.phrase })
    expect(await accountOf(scene)).toBe(old.account)
  })
  it('[NODE-2] keeps the account when the words are wrong', async () => {
    using folder = temporaryFolder()
    await using scene = await openScene(folder.path)
    for (const phrase of ['', 'abandon', 'abandon '.repeat(24), 'x'.repeat(1_024)]) {
      const answer = await scene.send('POST', '/v1/recover', { phrase })
      expect([answer.status, answer.json['code']]).toEqual([400, 'RECOVERY_PHRASE_INVALID'])
    }
    expect(await accountOf(scene)).toBe(scene.ready.account)
  })
  it('[NODE-2] is refused once somebody knows the account, or a passphrase seals it', async () => {
    using one = temporaryFolder()
    using other = temporaryFolder()
    await using alice = await openScene(one.path)
    await using bob = await openScene(other.path)
    const phrase = await phraseOf(alice)
    const { link } = (await alice.send('POST', '/v1/invites')).json
    await bob.send('POST', '/v1/contacts', { link })
    expect((await bob.send('POST', '/v1/recover', { phrase })).json['code']).toBe('ACCOUNT_IN_USE')
    expect(await accountOf(bob)).toBe(bob.ready.account)
    await alice.send('POST', '/v1/me/passphrase', { passphrase: PASSPHRASE })
    expect((await alice.send('POST', '/v1/recover', { phrase })).json['code']).toBe('ACCOUNT_IN_USE')
  })
})
