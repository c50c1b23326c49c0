/** Routers that speak UPnP: found by multicast, told by SOAP over HTTP. Spec: NET-14. */
import { createSocket } from 'node:dgram'
import { createConnection } from 'node:net'
import { once } from 'node:events'
import { PORT_MAPPING_LIFETIME_MS } from '@parley/core'
import type { MappedPort, Router } from './port-mapping.ts'
import { elementOf, encodeCall, encodeSearch, parseDescription, parseSearchAnswer, UPNP_DEVICES } from './upnp-codec.ts'
import type { UpnpService } from './upnp-codec.ts'

const GROUP = '239.255.255.250'
const GROUP_PORT = 1_900
const SEARCHES = 3
const SEARCH_PAUSE_MS = 1_000
const ANSWER_BYTES_MAX = 262_144
const DESCRIPTION = 'Parley'
/** Other programs of this network may have the port: then the next ones are asked for. */
const PORTS_TRIED_MAX = 5

/** Error codes of the standard. */
const CONFLICT = '718'
const ONLY_PERMANENT = '725'

/** Asks the network of each of our IPv4 addresses; devices as they answer, each once, until `signal` aborts. */
export async function* findUpnpRouters(signal: AbortSignal, addresses: readonly string[]): AsyncGenerator<Router> {
  const found: URL[] = []
  const seen = new Set<string>()
  let wake = Promise.withResolvers<void>()
  const sockets = addresses.map((address) => {
    const socket = createSocket('udp4')
    // An interface without multicast is none that a router is found on.
    socket.on('error', () => undefined)
    socket.on('message', (bytes, { address: from }) => {
      const place = parseSearchAnswer(bytes.subarray(0, 2_048).toString('latin1'), from)
      if (place === undefined || seen.has(place.href)) return
      seen.add(place.href)
      found.push(place)
      wake.resolve()
    })
    socket.bind(0, address)
    return socket
  })
  const search = (count: number): void => {
    for (const socket of sockets)
      for (const device of UPNP_DEVICES) socket.send(encodeSearch(device), GROUP_PORT, GROUP, () => undefined)
    if (count < SEARCHES) timer = setTimeout(() => search(count + 1), SEARCH_PAUSE_MS)
  }
  let timer: NodeJS.Timeout | undefined
  const end = (): void => wake.resolve()
  signal.addEventListener('abort', end, { once: true })
  try {
    search(1)
    while (!signal.aborted) {
      const place = found.shift()
      if (place === undefined) {
        await wake.promise
        wake = Promise.withResolvers<void>()
        continue
      }
      const router = await describe(place, signal).catch(() => undefined)
      if (router !== undefined) yield router
    }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
    for (const socket of sockets) socket.close()
  }
}

async function describe(place: URL, signal: AbortSignal): Promise<Router | undefined> {
  const { text } = await readBody(await fetch(place, { signal, redirect: 'error' }))
  const service = parseDescription(text, place)
  return service === undefined ? undefined : new UpnpRouter(service)
}

export class UpnpRouter implements Router {
  readonly #service: UpnpService
  #mapped: { readonly internal: number; readonly external: number } | undefined

  constructor(service: UpnpService) {
    this.#service = service
  }

  async map(port: number, signal: AbortSignal): Promise<MappedPort> {
    const client = await ownAddressTowards(this.#service.control, signal)
    const external = await this.#add(port, this.#mapped?.external ?? port, client, signal)
    this.#mapped = { internal: port, external }
    const { text } = await this.#call('GetExternalIPAddress', {}, signal)
    const host = elementOf(text, 'NewExternalIPAddress')
    if (host === undefined) throw new Error('it does not say its address')
    return { host, port: external, lifetimeMs: PORT_MAPPING_LIFETIME_MS }
  }

  async unmap(signal: AbortSignal): Promise<void> {
    const mapped = this.#mapped
    this.#mapped = undefined
    if (mapped === undefined) return
    const values = { NewRemoteHost: '', NewExternalPort: mapped.external, NewProtocol: 'TCP' }
    await this.#call('DeletePortMapping', values, signal)
  }

  async #add(internal: number, first: number, client: string, signal: AbortSignal): Promise<number> {
    let leaseS = PORT_MAPPING_LIFETIME_MS / 1_000
    for (let tried = 0, port = first; tried < PORTS_TRIED_MAX; tried += 1) {
      const { isOk, text } = await this.#call(
        'AddPortMapping',
        {
          NewRemoteHost: '',
          NewExternalPort: port,
          NewProtocol: 'TCP',
          NewInternalPort: internal,
          NewInternalClient: client,
          NewEnabled: 1,
          NewPortMappingDescription: DESCRIPTION,
          NewLeaseDuration: leaseS,
        },
        signal,
      )
      if (isOk) return port
      const code = elementOf(text, 'errorCode')
      if (code === ONLY_PERMANENT && leaseS > 0) leaseS = 0
      else if (code === CONFLICT) port = port < 65_535 ? port + 1 : 1_024
      else throw new Error(`it opens no port (UPnP error ${code ?? 'without a number'})`)
    }
    throw new Error('the ports that were asked for are taken')
  }

  async #call(
    action: string,
    values: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<{ readonly isOk: boolean; readonly text: string }> {
    const { type, control } = this.#service
    const headers = { 'content-type': 'text/xml; charset="utf-8"', soapaction: `"${type}#${action}"` }
    const body = encodeCall(type, action, values)
    return readBody(await fetch(control, { method: 'POST', headers, body, signal, redirect: 'error' }))
  }
}

/** @throws Error when it is longer than a router says. */
async function readBody(response: Response): Promise<{ readonly isOk: boolean; readonly text: string }> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > ANSWER_BYTES_MAX) throw new Error('the answer is too long')
    parts.push(part)
  }
  return { isOk: response.ok, text: Buffer.concat(parts).toString('utf8') }
}

/** Which of our addresses the router sees. */
async function ownAddressTowards({ hostname, port }: URL, signal: AbortSignal): Promise<string> {
  const socket = createConnection({ host: hostname, port: Number(port === '' ? 80 : port), signal })
  try {
    await once(socket, 'connect')
    const { localAddress } = socket
    if (localAddress === undefined) throw new Error('the connection to the router has no address')
    return localAddress
  } finally {
    socket.destroy()
  }
}
