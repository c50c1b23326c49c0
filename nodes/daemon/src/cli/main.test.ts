import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asText, openScene, runProgram, temporaryFolder } from '../testing.ts'
import { opener } from './browser.ts'
import { commandHelp } from './command.ts'
import { commands } from './main.ts'
import { referenceTables } from '../config/reference.ts'

const outcome = async (parameters: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
  await using program = runProgram(parameters, environment)
  const code = await program.exited
  return { code, ...program.output }
}

describe('help', () => {
  it('names every command, and shows flags and examples of each', async () => {
    const general = await outcome(['--help'])
    expect(general.code).toBe(0)
    for (const command of commands) {
      expect(general.stdout).toContain(command.name)
      const help = commandHelp(command)
      expect(help).toContain(`parley ${command.name}`)
      expect(command.examples.length).toBeGreaterThan(0)
      for (const [line] of command.examples) expect(line).toContain(`parley ${command.name}`)
    }
    const help = await outcome(['daemon', '--help'])
    expect([help.code, help.stdout]).toEqual([0, expect.stringContaining('--bootstrap MULTIADDR')])
  })
  it('[NODE-8] is pointed to when a command line is not understood', async () => {
    const unknown = await outcome(['dance'])
    expect([unknown.code, unknown.stderr]).toEqual([2, 'There is no command "dance". See parley --help.\n'])
    const flag = await outcome(['daemon', '--colour', 'red'])
    expect([flag.code, flag.stderr]).toEqual([2, "Unknown option '--colour'. See parley daemon --help.\n"])
    expect((await outcome([])).code).toBe(2)
  })
  it('[NODE-8] has a reference table in the documents that is current', () => {
    const document = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8')
    // The formatter aligns the columns of the document.
    const squeeze = (text: string): string => text.replaceAll(/-{3,}/g, '---').replaceAll(/ +/g, ' ')
    expect(squeeze(document)).toContain(squeeze(referenceTables(commands)).trim())
  })
})

describe('--print-config', () => {
  it('[NODE-8] shows values and sources and starts nothing', async () => {
    using folder = temporaryFolder()
    writeFileSync(join(folder.path, 'config.json'), '{"apiPort":7200}')
    const flags = ['daemon', '--data', folder.path, '--print-config', '--json']
    const { code, stdout } = await outcome(flags, { PARLEY_LOG_LEVEL: 'warn' })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      data: { value: folder.path, source: 'flag' },
      apiPort: { value: 7_200, source: 'file' },
      logLevel: { value: 'warn', source: 'environment' },
      listen: { value: [], source: 'default' },
    })
  })
})

describe('send', () => {
  it('sends through a running node, by conversation and by account', async () => {
    using one = temporaryFolder()
    using other = temporaryFolder()
    await using alice = await openScene(one.path)
    await using bob = await openScene(other.path)
    const { link } = (await alice.send('POST', '/v1/invites')).json
    const { id, account } = (await bob.send('POST', '/v1/contacts', { link })).json
    for (const to of [asText(id), asText(account)]) {
      const { code, stdout, stderr } = await outcome(['send', '--data', other.path, '--to', to, 'On my way'])
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(/^queued 01[0-9a-f]{62}\n$/)
    }
    const page = (await bob.ask(`/v1/conversations/${asText(id)}/messages`)).json['messages']
    expect(Object.values(page ?? {}).map((message) => message['content']?.['text'])).toEqual(['On my way', 'On my way'])
    const wrong = await outcome(['send', '--data', other.path, '--to', 'did:key:z6MkNobody', 'x'])
    expect([wrong.code, wrong.stderr]).toEqual([1, 'This account is not among your contacts.\n'])
    const lost = await outcome(['send', '--data', other.path, '--to', 'A'.repeat(43), 'x'])
    expect([lost.code, lost.stderr]).toEqual([1, 'This conversation is not on this device. (CONVERSATION_NOT_FOUND)\n'])
  })
  it('says that no node runs, or what is missing', async () => {
    using folder = temporaryFolder()
    const none = await outcome(['send', '--data', folder.path, '--to', 'x', 'y'])
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining(`No node runs on ${folder.path}.`)])
    writeFileSync(join(folder.path, 'running.json'), '{"url":"http://127.0.0.1:9"}')
    writeFileSync(join(folder.path, 'token'), 'x')
    const dead = await outcome(['send', '--data', folder.path, '--to', 'x', 'y'])
    expect([dead.code, dead.stderr]).toEqual([1, 'No node answers at http://127.0.0.1:9.\n'])
    expect((await outcome(['send', '--data', folder.path, 'y'])).stderr).toContain('--to')
  })
})

describe('the page', () => {
  it('is opened where there is a desktop', () => {
    expect(opener('linux', { DISPLAY: ':0' })).toBe('xdg-open')
    expect(opener('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toBe('xdg-open')
    expect(opener('darwin', {})).toBe('open')
    expect(opener('linux', { DISPLAY: '' })).toBeUndefined()
  })
})
