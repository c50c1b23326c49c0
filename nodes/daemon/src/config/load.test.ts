import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../testing.ts'
import { daemonFields } from './daemon-fields.ts'
import { ConfigError } from './fields.ts'
import { describeSettings, type Environment, expandPath, loadSettings } from './load.ts'

const load = (flags: readonly string[], environment: Environment = {}) =>
  loadSettings({ fields: daemonFields, flags, environment }).settings

const refusal = (flags: readonly string[], environment: Environment = {}): string => {
  try {
    load(flags, environment)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return String(error)
  }
  return 'accepted'
}

describe('settings', () => {
  it('[NODE-8] come from defaults, file, variables and flags, the later over the earlier', () => {
    using folder = temporaryFolder()
    const flags = ['--data', folder.path]
    expect(load(flags).get('logLevel')).toEqual({ value: 'info', source: 'default' })
    writeFileSync(join(folder.path, 'config.json'), JSON.stringify({ logLevel: 'warn', apiPort: 1, name: 'File' }))
    expect(load(flags).get('logLevel')).toEqual({ value: 'warn', source: 'file' })
    const environment = { PARLEY_LOG_LEVEL: 'error', PARLEY_API_PORT: '2', PARLEY_DATA: folder.path, OTHER: 'x' }
    expect(load([], environment).get('logLevel')).toEqual({ value: 'error', source: 'environment' })
    const all = load(['--log-level', 'debug', '--no-open'], environment)
    expect(all.get('logLevel')).toEqual({ value: 'debug', source: 'flag' })
    expect(all.get('apiPort')).toEqual({ value: 2, source: 'environment' })
    expect(all.get('name')).toEqual({ value: 'File', source: 'file' })
    expect(all.get('open')).toEqual({ value: false, source: 'flag' })
    expect(all.get('data')).toEqual({ value: folder.path, source: 'environment' })
  })
  it('[NODE-8] that are lists take flags several times, and words or commas in variables', () => {
    expect(load(['--listen', '/a', '--listen', '/b']).get('listen')?.value).toEqual(['/a', '/b'])
    expect(load([], { PARLEY_LISTEN: '/a, /b /c' }).get('listen')?.value).toEqual(['/a', '/b', '/c'])
  })
  it('[NODE-8] may begin with a dash, as ids do', () => {
    expect(load(['--name', '-x', '--log-level', 'warn']).get('name')?.value).toBe('-x')
    expect(load(['--name', '--x-y']).get('name')?.value).toBe('--x-y')
    expect(refusal(['--name', '--json'])).toContain('--name')
    expect(refusal(['--name', '--log-level=warn'])).toContain('--name')
  })
  it('[NODE-8] that are unknown are errors, wherever they are', () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'config.json')
    const flags = ['--data', folder.path]
    expect(refusal(['--listen-on', 'x'])).toContain("Unknown option '--listen-on'.")
    expect(refusal(['text'])).toContain('text')
    expect(refusal([], { PARLEY_LISTN: 'x' })).toContain('PARLEY_LISTN')
    for (const key of ['listn', 'data', 'json']) {
      writeFileSync(path, JSON.stringify({ [key]: 'x' }))
      expect(refusal(flags)).toContain(`${path} has an unknown setting, ${key}.`)
    }
  })
  it('[NODE-8] of the wrong kind are errors that name the place', () => {
    using folder = temporaryFolder()
    const flags = ['--data', folder.path]
    for (const port of ['', 'x', '-1', '65536', '1.5']) expect(refusal(['--api-port', port])).toContain('port')
    expect(refusal(['--log-level', 'loud'])).toContain('--log-level must be one of debug, info, warn, error.')
    expect(refusal([], { PARLEY_JSON: 'maybe' })).toContain('PARLEY_JSON must be true or false.')
    expect(refusal(['--name', ''])).toContain('--name')
    expect(refusal(['--data'])).toContain('--data')
    const file = (content: string): string => {
      writeFileSync(join(folder.path, 'config.json'), content)
      return refusal(flags)
    }
    expect(file('{')).toContain('is not JSON')
    expect(file('[]')).toContain('one JSON object')
    expect(file('{"apiPort":"7100"}')).toContain('apiPort in')
    expect(file('{"listen":"/ip4"}')).toContain('list of texts')
  })
  it('[NODE-8] that are paths become absolute', () => {
    using folder = temporaryFolder()
    mkdirSync(join(folder.path, 'inner'))
    expect(expandPath(`${folder.path}/inner/..`)).toBe(folder.path)
    expect(expandPath('~/x')).toBe(join(process.env['HOME'] ?? '', 'x'))
    expect(load(['--passphrase-file', 'x']).get('passphraseFile')?.value).toBe(join(process.cwd(), 'x'))
  })
  it('[NODE-8] are shown with their sources', () => {
    const settings = load(['--api-port', '1'], { PARLEY_NAME: 'Ada' })
    const shown = describeSettings(settings, false)
    expect(shown).toMatch(/^apiPort +1 +\(flag\)$/m)
    expect(shown).toMatch(/^name +"Ada" +\(environment\)$/m)
    expect(shown).toMatch(/^passphraseFile +— +\(default\)$/m)
    expect(JSON.parse(describeSettings(settings, true))).toMatchObject({ apiPort: { value: 1, source: 'flag' } })
  })
  it('[NODE-8] leave a text alone that begins with a dash and looks like no flag', () => {
    const given = (...flags: readonly string[]) => {
      const { settings, texts } = loadSettings({
        fields: daemonFields,
        flags,
        environment: {},
        takesText: true,
        hasFile: false,
      })
      return [settings.get('name')?.value, ...texts]
    }
    expect(given('--name', 'Ada', '-5 °C')).toEqual(['Ada', '-5 °C'])
    expect(given('-5 °C', '--name', 'Ada')).toEqual(['Ada', '-5 °C'])
    expect(given('- milk\n- eggs', '--name', '-Ada-')).toEqual(['-Ada-', '- milk\n- eggs'])
    expect(given('-')).toEqual([undefined, '-'])
    expect(given('--', '--json', '-v')).toEqual([undefined, '--json', '-v'])
    for (const flag of ['--verbose', '-v', '--verbose=1']) {
      expect(() => given(flag)).toThrow('goes after --, or is read from standard input with -.')
    }
  })
})
