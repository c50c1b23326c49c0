import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { daemonFields } from './daemon-fields.ts'
import { ConfigError } from './fields.ts'
import { loadSettings } from './load.ts'
import { temporaryFolder } from '../testing.ts'
import { storageSettings } from './storage.ts'
import { torSettings } from './tor.ts'

const tor = (...flags: readonly string[]) =>
  torSettings(
    loadSettings({ fields: daemonFields, flags: ['--data', '/nowhere', ...flags], environment: {} }).settings,
    (path) => `first line of ${path}`,
  )

describe('the settings of Tor', () => {
  it('[TOR-11] are nothing without --tor, and the usual ports of this machine with it', () => {
    expect(tor()).toBeUndefined()
    expect(tor('--tor-socks', 'anything')).toBeUndefined()
    expect(tor('--tor')).toEqual({ socks: '127.0.0.1:9050', control: '127.0.0.1:9051' })
    const given = tor('--tor', '--tor-socks', '[::1]:9150', '--tor-control', '127.0.0.1:9151')
    expect(given).toEqual({ socks: '[::1]:9150', control: '127.0.0.1:9151' })
  })
  it('[TOR-11] take the password of the control port from a file, never from the command line', () => {
    expect(tor('--tor', '--tor-control-password-file', '/a/file')?.controlPassword).toBe('first line of /a/file')
    expect(() => tor('--tor', '--tor-control-password', 'x')).toThrow("Unknown option '--tor-control-password'.")
  })
  it('[TOR-2, TOR-11] refuse another machine, and addresses that would show where the node is', () => {
    for (const [flag, value] of [
      ['--tor-socks', '192.0.2.1:9050'],
      ['--tor-control', 'localhost:9051'],
      ['--listen', '/ip4/127.0.0.1/tcp/0'],
      ['--announce', '/ip4/192.0.2.1/tcp/1'],
    ] as const) {
      expect(() => tor('--tor', flag, value)).toThrow(ConfigError)
    }
    expect(() => tor('--tor', '--listen', '/ip4/127.0.0.1/tcp/0')).toThrow('onion address alone: leave out listen.')
  })
  it('[TOR-14] leave a storage that is reached by HTTP, and refuse one that would have to reach this node', () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'storage.json')
    const storage = (kind: string, values: object) => {
      writeFileSync(file, JSON.stringify(values), { mode: 0o600 })
      const flags = ['--data', folder.path, '--tor', '--storage', kind, '--storage-file', file]
      return storageSettings(loadSettings({ fields: daemonFields, flags, environment: {} }).settings).storage?.kind
    }
    expect(storage('dropbox', { accessToken: 'token' })).toBe('dropbox')
    expect(() => storage('pinning', { endpoint: 'https://pin.example', accessToken: 'x' })).toThrow(
      'choose another storage',
    )
  })
})
