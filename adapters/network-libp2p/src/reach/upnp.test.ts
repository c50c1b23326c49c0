import { createServer } from 'node:http'
import { once } from 'node:events'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { elementOf, parseDescription, parseSearchAnswer } from './upnp-codec.ts'
import { UpnpRouter } from './upnp.ts'

const TYPE = 'urn:schemas-upnp-org:service:WANIPConnection:1'
const PLACE = new URL('http://192.168.1.1:5000/rootDesc.xml')
const service = (type: string, control: string) =>
  `<service><serviceType>${type}</serviceType><serviceId>x</serviceId><controlURL>${control}</controlURL></service>`

describe('what UPnP routers say', () => {
  it('[NET-14] only what they say of themselves counts', () => {
    const answer = (location: string) =>
      `HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nLOCATION: ${location}\r\n\r\n`
    expect(parseSearchAnswer(answer(PLACE.href), '192.168.1.1')?.href).toBe(PLACE.href)
    for (const [location, from] of [
      [PLACE.href, '192.168.1.66'],
      ['https://192.168.1.1/x', '192.168.1.1'],
      ['nonsense', '192.168.1.1'],
    ] as const)
      expect(parseSearchAnswer(answer(location), from)).toBeUndefined()
    expect(parseSearchAnswer(`NOTIFY * HTTP/1.1\r\nLOCATION: ${PLACE.href}\r\n`, '192.168.1.1')).toBeUndefined()
  })

  it('[NET-14] takes the newest service, on the router itself', () => {
    const two = TYPE.replace(':1', ':2')
    const xml = `<root>${service(TYPE, '/ctl/1')}${service(two, 'http://192.168.1.1:5000/ctl/2')}</root>`
    expect(parseDescription(xml, PLACE)).toMatchObject({ type: two, control: new URL('http://192.168.1.1:5000/ctl/2') })
    expect(parseDescription(service(TYPE, 'http://203.0.113.1/ctl'), PLACE)).toBeUndefined()
    expect(parseDescription(service('urn:other', '/ctl'), PLACE)).toBeUndefined()
  })

  it('[NET-14] any text has an outcome', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, more) => {
        parseSearchAnswer(text, more)
        parseSearchAnswer(`HTTP/1.1 200 OK\r\nLOCATION: ${text}\r\n`, more)
        parseDescription(
          `<service><serviceType>${TYPE}</serviceType><controlURL>${text}</controlURL></service>${more}`,
          PLACE,
        )
        elementOf(text, 'errorCode')
      }),
    )
  })
})

describe('a UPnP router', () => {
  it('[NET-14] maps for an hour or for good, the next port when one is taken, and forgets what it mapped', async () => {
    const calls: string[] = []
    let leases = 0
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (part) => (body += String(part)))
      request.on('end', () => {
        const action = /#(\w+)"/.exec(String(request.headers['soapaction']))?.[1] ?? ''
        const port = elementOf(body, 'NewExternalPort')
        const lease = elementOf(body, 'NewLeaseDuration')
        calls.push([action, port, lease].filter((part) => part !== undefined).join(' '))
        if (lease !== undefined && lease !== '0') {
          leases += 1
          response.writeHead(500).end('<errorCode>725</errorCode>')
        } else if (action === 'AddPortMapping' && port === '4100')
          response.writeHead(500).end('<errorCode>718</errorCode>')
        else response.end(`<u:R><NewExternalIPAddress>203.0.113.9</NewExternalIPAddress></u:R>`)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const control = new URL(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/ctl`)
    try {
      const router = new UpnpRouter({ type: TYPE, control })
      const signal = AbortSignal.timeout(20_000)
      expect(await router.map(4_100, signal)).toMatchObject({ host: '203.0.113.9', port: 4_101 })
      await router.unmap(signal)
      await router.unmap(signal)
      expect(leases).toBe(1)
      expect(calls).toEqual([
        'AddPortMapping 4100 3600',
        'AddPortMapping 4100 0',
        'AddPortMapping 4101 0',
        'GetExternalIPAddress',
        'DeletePortMapping 4101',
      ])
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
