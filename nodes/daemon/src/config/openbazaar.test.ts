import { describe, expect, it } from 'vitest'
import { daemonFields } from './daemon-fields.ts'
import { ConfigError } from './fields.ts'
import { loadSettings } from './load.ts'
import { openBazaarSettings } from './openbazaar.ts'

const read = (...flags: readonly string[]) =>
  openBazaarSettings(loadSettings({ fields: daemonFields, flags, environment: {} }).settings, (path) =>
    path.endsWith('short') ? 'short' : 'long enough',
  )

describe("the place of OpenBazaar's API", () => {
  it('[OBG-1] is nowhere unless it is named', () => {
    expect(read()).toBeUndefined()
    expect(read('--openbazaar-user', 'x')).toBeUndefined()
    expect(read('--openbazaar-api', '127.0.0.1:4002')).toEqual({
      host: '127.0.0.1',
      port: 4_002,
      user: 'openbazaar',
      origins: [],
    })
    expect(read('--openbazaar-api', '[::1]:0')?.host).toBe('[::1]')
    expect(read('--openbazaar-api', 'localhost:4002')?.host).toBe('localhost')
  })
  it('[OBG-1] is refused without a password when others can reach it', () => {
    for (const host of ['0.0.0.0', '192.168.1.5', 'node.example', '[::]', '128.0.0.1', '127.example']) {
      expect(() => read('--openbazaar-api', `${host}:4002`), host).toThrow(ConfigError)
      expect(read('--openbazaar-api', `${host}:4002`, '--openbazaar-password-file', 'p')?.password).toBe('long enough')
    }
    expect(() => read('--openbazaar-api', '127.0.0.1:1', '--openbazaar-password-file', 'short')).toThrow(ConfigError)
  })
  it('[OBG-1] [OBG-4] is refused when it is no place, and origins when they are none', () => {
    for (const place of ['4002', '127.0.0.1', ':4002', '127.0.0.1:65536', 'http://127.0.0.1:1', 'a b:1']) {
      expect(() => read('--openbazaar-api', place), place).toThrow(ConfigError)
    }
    const api = ['--openbazaar-api', '127.0.0.1:4002'] as const
    for (const origin of ['null', '*', 'http://a/', 'example.org', 'http://a.example/x', 'file:///x']) {
      expect(() => read(...api, '--openbazaar-origin', origin), origin).toThrow(ConfigError)
    }
    const origins = ['http://localhost:9090', 'file://', 'https://app.example']
    expect(read(...api, ...origins.flatMap((origin) => ['--openbazaar-origin', origin]))?.origins).toEqual(origins)
    expect(() => read(...api, '--openbazaar-user', 'a:b')).toThrow(ConfigError)
  })
})
