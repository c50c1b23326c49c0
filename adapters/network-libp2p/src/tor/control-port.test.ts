import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ControlPort } from './control-port.ts'
import { parseEndpoint } from './endpoint.ts'
import type { Endpoint } from './endpoint.ts'
import { FAKE_PASSWORD, FakeTor } from './testing/fake-tor.ts'

const endpointOf = (text: string): Endpoint => {
  const endpoint = parseEndpoint(text)
  if (endpoint === undefined) throw new Error(`${text} is no endpoint`)
  return endpoint
}
const failure = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => String(error),
  )
const open = (tor: FakeTor, password?: string) => ControlPort.open(endpointOf(tor.control), password)

describe('the control port', () => {
  it('[TOR-7] is opened by cookie without the cookie being said', async () => {
    await using tor = await FakeTor.start()
    const control = await open(tor)
    expect((await control.command('SETEVENTS HS_DESC')).lines).toEqual(['OK'])
    const said = tor.commands.join('\n')
    expect(said).not.toContain(tor.cookie.toString('hex'))
    expect(tor.commands[1]).toMatch(/^AUTHCHALLENGE SAFECOOKIE [0-9a-f]{64}$/)
    control.close()
    await control.closed
    expect(await failure(control.command('SETEVENTS'))).toContain('ended the connection')
  })
  it('[TOR-7] is opened by password, or by nothing when Tor wants nothing', async () => {
    await using locked = await FakeTor.start({ access: 'password' })
    ;(await open(locked, FAKE_PASSWORD)).close()
    expect(await failure(open(locked, 'wrong'))).toMatch(/refuses the control password\.$/)
    expect(await failure(open(locked))).toMatch(/wants a password/)
    await using free = await FakeTor.start({ access: 'open' })
    ;(await open(free)).close()
  })
  it('[TOR-7] tells nothing of a file to somebody who only claims to know it', async () => {
    await using impostor = await FakeTor.start({ isImpostor: true })
    expect(await failure(open(impostor))).toMatch(/does not know its own cookie/)
    expect(impostor.commands.some((line) => line.startsWith('AUTHENTICATE'))).toBe(false)
    await using liar = await FakeTor.start()
    writeFileSync(liar.cookiePath, 'a secret of another length')
    expect(await failure(open(liar))).toMatch(/which is none/)
    expect(liar.commands).toEqual(['PROTOCOLINFO 1'])
    rmSync(liar.cookiePath)
    expect(await failure(open(liar))).toMatch(/cannot be read \(ENOENT\)\. Run the node as a member/)
  })
  it('[TOR-7] that refuses a command or is absent is named in words', async () => {
    await using tor = await FakeTor.start()
    const control = await open(tor)
    expect(await failure(control.command('GETINFO version'))).toMatch(/refuses GETINFO: 510 Unrecognized/)
    await expect(control.command('A\r\nB')).rejects.toThrow('a command is one line')
    control.close()
    let gone = ''
    {
      await using away = await FakeTor.start()
      gone = away.control
    }
    expect(await failure(ControlPort.open(endpointOf(gone), undefined))).toMatch(
      /does not answer at 127\.0\.0\.1:\d+\. Its torrc needs the lines "ControlPort 127/,
    )
    const web = createServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1')
    await once(web, 'listening')
    const address = web.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    expect(await failure(ControlPort.open({ host: '127.0.0.1', port }, undefined))).toMatch(/ended the connection/)
    web.close()
  })
})
