import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asText, askHttp, type Folder, runProgram, temporaryFolder } from '../testing.ts'

const daemonOn = (folder: Folder, ...flags: readonly string[]) =>
  runProgram(['daemon', '--data', folder.path, '--api-port', '0', '--json', ...flags])

describe('a daemon', () => {
  it('[NODE-5] prints one JSON line when ready, and its log elsewhere', async () => {
    using folder = temporaryFolder()
    await using program = daemonOn(folder, '--name', 'Ada', '--log-level', 'debug')
    const ready = await program.ready()
    expect(Object.keys(ready).toSorted()).toEqual(['account', 'addresses', 'peerId', 'state', 'token', 'url'])
    expect(ready['account']).toMatch(/^did:key:z6Mk/)
    expect(Object.values(ready['addresses'] ?? {})).toEqual([
      expect.stringMatching(new RegExp(`^/ip4/127\\.0\\.0\\.1/tcp/\\d+/p2p/${asText(ready['peerId'])}$`)),
    ])
    const headers = { authorization: `Bearer ${asText(ready['token'])}` }
    const me = await askHttp(asText(ready['url']), '/v1/me', { headers })
    expect([me.json['name'], me.json['account']]).toEqual(['Ada', ready['account']])
    program.process.kill('SIGTERM')
    expect(await program.exited).toBe(0)
    expect(program.output.stdout.trimEnd().split('\n').length).toBe(1)
    for (const line of program.output.stderr.split('\n').filter((text) => text !== '')) {
      expect(Object.keys(JSON.parse(line) as object).slice(0, 3)).toEqual(['time', 'level', 'message'])
    }
    expect(program.output.stderr).not.toContain(ready['token'])
  })
  it('[NODE-6] ends within two seconds on SIGINT and SIGTERM, with a page connected, and cleans up', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      using folder = temporaryFolder()
      await using program = daemonOn(folder)
      const ready = await program.ready()
      expect(existsSync(join(folder.path, 'running.json'))).toBe(true)
      const page = new WebSocket(asText(ready['url']).replace('http', 'ws') + '/v1/socket', [
        'parley.v1',
        `bearer.${asText(ready['token'])}`,
      ])
      await new Promise((resolve) => page.addEventListener('open', resolve))
      const startMs = performance.now()
      program.process.kill(signal)
      expect([signal, await program.exited]).toEqual([signal, 0])
      expect(performance.now() - startMs).toBeLessThan(2_000)
      expect(existsSync(join(folder.path, 'running.json'))).toBe(false)
    }
  })
  it('[NODE-9] keeps its account, token and address over restarts and kills', async () => {
    using folder = temporaryFolder()
    const seen = new Set<string>()
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGTERM'] as const) {
      await using program = daemonOn(folder)
      const { account, token, peerId, addresses } = await program.ready()
      seen.add(JSON.stringify({ account, token, peerId, addresses }))
      program.process.kill(signal)
      await program.exited
    }
    expect(seen.size).toBe(1)
    expect(statSync(folder.path).mode & 0o777).toBe(0o700)
  })
  it('[NODE-9] takes another port when its own was taken meanwhile, and says so', async () => {
    using folder = temporaryFolder()
    let address = ''
    {
      await using program = daemonOn(folder)
      address = asText(Object.values((await program.ready())['addresses'] ?? {})[0])
      program.process.kill('SIGTERM')
      await program.exited
    }
    const taken = createServer().listen(Number(address.split('/')[4]), '127.0.0.1')
    await once(taken, 'listening')
    await using program = daemonOn(folder)
    const { addresses } = await program.ready()
    expect(Object.values(addresses ?? {})[0]).not.toBe(address)
    expect(program.output.stderr).toContain('new address')
    taken.close()
  })
})

describe('a daemon that cannot start', () => {
  const failure = async (program: ReturnType<typeof runProgram>): Promise<string> => {
    await using failing = program
    expect(await failing.exited).toBe(1)
    expect(failing.output.stdout).toBe('')
    return failing.output.stderr.trimEnd()
  }

  it('[NODE-7] says in one sentence that the folder is in use, and by whom', async () => {
    using folder = temporaryFolder()
    await using first = daemonOn(folder)
    await first.ready()
    const said = await failure(daemonOn(folder))
    const place = `The folder ${folder.path} is in use by process ${first.process.pid}.`
    expect(said).toBe(`${place} End that node first, or choose another folder with --data.`)
    first.process.kill('SIGKILL')
    await first.exited
    await using third = daemonOn(folder)
    await third.ready()
  })
  it('[NODE-7] says in one sentence that the port is in use', async () => {
    using folder = temporaryFolder()
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const said = await failure(runProgram(['daemon', '--data', folder.path, '--api-port', String(port)]))
    expect(said.split('\n').at(-1)).toBe(
      `Port ${port} of 127.0.0.1 is in use by another program. Choose another with --api-port, or 0 for any.`,
    )
    const listen = ['--listen', `/ip4/127.0.0.1/tcp/${port}`]
    expect(await failure(daemonOn(folder, ...listen))).toContain(`port ${port} of 127.0.0.1`)
    taken.close()
  })
  it('[NODE-7] says in one sentence that the database is damaged, and keeps it', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'node.db')
    writeFileSync(path, 'precious bytes that are no database')
    const said = await failure(daemonOn(folder))
    expect(said.split('\n').at(-1)).toMatch(/^The database .*node\.db is damaged .* a copy is at .*corrupt-/)
    expect(readFileSync(path, 'utf8')).toContain('precious')
  })
  it('[NODE-7] says that a passphrase file or passphrase is of no use', async () => {
    using folder = temporaryFolder()
    const missing = join(folder.path, 'none')
    expect(await failure(daemonOn(folder, '--passphrase-file', missing))).toBe(
      `The passphrase file ${missing} cannot be read.`,
    )
  })
})
