import { encodePushLink } from '@parley/core'
import decodeQR from 'qr/decode.js'
import { describe, expect, it } from 'vitest'
import { pushNodeText } from './push-node-text.ts'

const ID = '12D3KooWBgsfD6JkfpBoeUcriTm9mwqUr6SU81SFfgMHzDuv4TG1'
const readyAt = (...heads: readonly string[]) => {
  const addresses = heads.map((head) => `${head}/p2p/${ID}`)
  const link = encodePushLink({ peerId: ID, addresses })
  return { peerId: ID, addresses, metricsUrl: 'http://127.0.0.1:9464/metrics', link: link.ok ? link.value : null }
}

/** What a camera sees of the lines of a terminal: light blocks on a dark ground, two modules a letter. */
function picture(lines: readonly string[]) {
  const scale = 4
  const width = (lines[0]?.length ?? 0) * scale
  const height = lines.length * 2 * scale
  const data = new Uint8Array(width * height * 4).fill(255)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = Math.floor(y / scale)
      const letter = lines[Math.floor(row / 2)]?.[Math.floor(x / scale)] ?? ' '
      const isLight = letter === '█' || letter === (row % 2 === 0 ? '▀' : '▄')
      data.fill(isLight ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3)
    }
  }
  return { width, height, data }
}

describe('what a push node says when it is ready', () => {
  it('[PUSH-6] has its link, also as a code that a camera reads', () => {
    const ready = readyAt('/dns4/push.example.org/tcp/4001', '/ip4/203.0.113.7/tcp/4001', '/ip4/10.0.0.1/tcp/4002/ws')
    const text = pushNodeText(ready, 120)
    expect(ready.link).toMatch(/^parley:push\//)
    expect(text).toContain(ready.link)
    for (const address of ready.addresses) expect(text).toContain(address)
    const code = text.split('\n').filter((line) => /^[█▀▄ ]{20,}$/.test(line))
    expect(decodeQR(picture(code))).toBe(ready.link)
    expect(text).not.toContain('Only')
  })

  it('leaves the code out where it has no room, and says how far its addresses carry', () => {
    expect(pushNodeText(readyAt('/ip4/10.0.0.1/tcp/4001'), 0)).not.toContain('█')
    expect(pushNodeText(readyAt('/ip4/10.0.0.1/tcp/4001'), 0)).toContain('Only your network')
    expect(pushNodeText(readyAt('/ip4/127.0.0.1/tcp/4001'), 0)).toContain('Only this computer')
  })
})
