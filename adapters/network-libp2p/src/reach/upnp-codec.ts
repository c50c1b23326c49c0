/** What UPnP routers say and are told: SSDP, device descriptions and SOAP, as far as one TCP port needs them. Total. */

/** Routers, of both versions of the standard. */
export const UPNP_DEVICES = [
  'urn:schemas-upnp-org:device:InternetGatewayDevice:1',
  'urn:schemas-upnp-org:device:InternetGatewayDevice:2',
] as const
const SERVICES = ['WANIPConnection:2', 'WANIPConnection:1', 'WANPPPConnection:1'].map(
  (name) => `urn:schemas-upnp-org:service:${name}`,
)

export const encodeSearch = (device: string): string =>
  ['M-SEARCH * HTTP/1.1', 'HOST: 239.255.255.250:1900', 'MAN: "ssdp:discover"', 'MX: 2', `ST: ${device}`, '', ''].join(
    '\r\n',
  )

/** Where the device that answered describes itself: only at the address from which the answer came. */
export function parseSearchAnswer(text: string, from: string): URL | undefined {
  if (!/^HTTP\/1\.[01] 200/.test(text)) return undefined
  const place = urlOf(/^location:[ \t]*(\S{1,500})[ \t]*\r?$/im.exec(text)?.[1] ?? '')
  return place?.protocol === 'http:' && place.hostname === from ? place : undefined
}

export interface UpnpService {
  readonly type: string
  readonly control: URL
}

/** The service of a router that maps ports, the newest first; its control URL is on the router itself. */
export function parseDescription(xml: string, place: URL): UpnpService | undefined {
  const found = [...xml.matchAll(/<service>([\s\S]{1,4000}?)<\/service>/gi)].flatMap(([, body = '']): UpnpService[] => {
    const type = elementOf(body, 'serviceType')
    const path = elementOf(body, 'controlURL')
    const control = path === undefined ? undefined : urlOf(path, place)
    return type === undefined || control?.host !== place.host || control.protocol !== 'http:' ? [] : [{ type, control }]
  })
  for (const wanted of SERVICES) {
    const service = found.find(({ type }) => type === wanted)
    if (service !== undefined) return service
  }
  return undefined
}

/** A SOAP call. The values are ours: numbers, addresses, plain words. */
export function encodeCall(service: string, action: string, values: Readonly<Record<string, string | number>>): string {
  const body = Object.entries(values).map(([name, value]) => `<${name}>${value}</${name}>`)
  return (
    '<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>' +
    `<u:${action} xmlns:u="${service}">${body.join('')}</u:${action}></s:Body></s:Envelope>\r\n`
  )
}

/** One value of an answer. */
export function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<(?:[\\w-]{1,20}:)?${name}>\\s*([^<>]{1,500}?)\\s*</`, 'i').exec(xml)?.[1]
}

function urlOf(text: string, base?: URL): URL | undefined {
  return URL.canParse(text, base) ? new URL(text, base) : undefined
}
