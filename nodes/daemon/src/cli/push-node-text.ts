/** What a push node tells its operator when it serves. */
import { widestScope } from '@parley/core'
import type { PushNodeReady } from '@parley/push-node/main'
import encodeQR from 'qr'

/** Light modules around the code; the standard asks for four, two are read everywhere and fit a terminal. */
const QR_BORDER = 2

/** Its link and addresses, and a QR code of the link where `columns`, the width of the terminal, has room for it. */
export function pushNodeText({ link, addresses, metricsUrl }: PushNodeReady, columns: number): string {
  const scope = widestScope(addresses)
  const where = {
    anywhere: [],
    network: ['Only your network has an address of it. For others, say its outer address with --announce.', ''],
    computer: ['Only this computer has an address of it. Say its outer address with --announce, or --listen.', ''],
  }
  const code = link === null ? '' : encodeQR(link, 'ascii', { ecc: 'low', border: QR_BORDER })
  const hasRoom = code !== '' && code.indexOf('\n') <= columns
  return [
    'The push node is ready. To use it, add its link in Connection of the page:',
    '',
    ...(link === null ? [] : [link, '']),
    ...(hasRoom ? [code] : []),
    ...where[scope],
    'Or give a node one of its addresses with --bootstrap:',
    ...addresses.map((address) => `  ${address}`),
    '',
    `Figures: ${metricsUrl}`,
    'Ctrl-C ends it. What it holds for others is kept.',
    '',
  ].join('\n')
}
