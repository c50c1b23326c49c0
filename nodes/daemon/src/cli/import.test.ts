import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asText, runProgram, temporaryFolder } from '../testing.ts'

const VECTORS = new URL('../../../../../shared/vectors/openbazaar/identities.json', import.meta.url)

/** A phrase of the BIP-39 standard's own vectors, with what the identity rule makes of it. */
const WORDS = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about'

const importOn = (data: string, ...flags: readonly string[]) =>
  runProgram(['import', 'openbazaar', '--data', data, ...flags])

describe('parley import openbazaar', () => {
  it('[OBG-22] makes the account of twelve words, whose peer id is the old one', async () => {
    using folder = temporaryFolder()
    const [data, file] = [join(folder.path, 'node'), join(folder.path, 'words')]
    writeFileSync(file, `  ${WORDS.replace('about', 'ABOUT')}\n`)
    await using imported = importOn(data, '--words-file', file)
    expect([await imported.exited, imported.output.stderr]).toEqual([0, ''])
    const [, account = '', peerId = ''] = /account {2}(\S+)\npeer id {2}(Qm\S+)\n/.exec(imported.output.stdout) ?? []
    expect(imported.output.stdout).not.toContain('abandon')
    await using node = runProgram([
      'daemon',
      '--data',
      data,
      '--api-port',
      '0',
      '--openbazaar-api',
      '127.0.0.1:0',
      '--json',
    ])
    const ready = await node.ready()
    expect(ready['account']).toBe(account)
    const cookie = readFileSync(join(data, 'openbazaar.cookie'), 'utf8').trim()
    const config = await fetch(`${asText(ready['openbazaarUrl'])}/ob/config`, { headers: { cookie } })
    expect(await config.json()).toMatchObject({ peerID: peerId })
    await using again = importOn(data, '--words-file', file)
    expect([await again.exited, again.output.stderr]).toEqual([1, expect.stringContaining('account in')])
  })
  it.skipIf(!existsSync(VECTORS))('[OBG-22] gives recorded identities back', async () => {
    using folder = temporaryFolder()
    const text = readFileSync(VECTORS, 'utf8')
    const [, words = ''] = /"mnemonic": "([^"]+)"/.exec(text) ?? []
    const [, peerId = ''] = /"(Qm[^"]{44})"/.exec(text) ?? []
    const file = join(folder.path, 'words')
    writeFileSync(file, words)
    await using imported = importOn(join(folder.path, 'node'), '--words-file', file)
    expect([await imported.exited, imported.output.stderr]).toEqual([0, ''])
    expect(imported.output.stdout).toContain(peerId)
  })
  it('[OBG-22] changes nothing when the words are wrong, missing, or in the command line', async () => {
    using folder = temporaryFolder()
    const data = join(folder.path, 'node')
    const wrong = {
      short: 'abandon abandon',
      unknown: WORDS.replace('about', 'abaut'),
      checksum: WORDS.replace('about', 'abandon'),
      long: 'abandon '.repeat(10_000),
    }
    for (const [name, words] of Object.entries(wrong)) {
      const file = join(folder.path, name)
      writeFileSync(file, words)
      await using imported = importOn(data, '--words-file', file)
      expect([name, await imported.exited]).toEqual([name, 1])
      expect(imported.output.stderr.trimEnd().split('\n'), name).toHaveLength(1)
      expect(imported.output.stderr + imported.output.stdout).not.toContain('abandon')
    }
    for (const flags of [['--words-file', join(folder.path, 'nowhere')], WORDS.split(' ')]) {
      await using imported = importOn(data, ...flags)
      expect(await imported.exited).toBe(1)
    }
    expect(readdirSync(folder.path)).not.toContain('node')
  })
})
