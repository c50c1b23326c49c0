import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { deriveAccountSecrets, framed, fromHex, parseAccount, toHex, utf8 } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTestNode } from '../testing/node.ts'
import { createTestClock } from '@parley/adapter-memory'
import { isSignable, signText, verifyText } from './sign.ts'
import { readPhrase } from './self.ts'

const crypto = await createNodeCrypto()
const { context } = await createTestNode(createTestClock(), 7)

describe('a signed text', () => {
  it('[IDN-19] is the root key of the account over exactly the bytes of the text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (text) => {
        if (!isSignable(text)) return
        const { signature, publicKey } = await signText(context, text)
        expect(publicKey).toBe(toHex(parseAccount(context.self.account) ?? new Uint8Array(0)))
        const { rootSeed } = await deriveAccountSecrets(crypto, readPhrase(context))
        expect(signature).toBe(toHex(await crypto.ed25519Sign(rootSeed, utf8(text))))
        expect(await verifyText(context, { text, signature, publicKey })).toBe(true)
        expect(await verifyText(context, { text: `${text} `, signature, publicKey })).toBe(false)
      }),
      { numRuns: 20 },
    )
  })

  it('[IDN-19] any text, signature and key have an answer', async () => {
    const hex = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ minLength: 30, maxLength: 66 }).map(toHex))
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), hex, hex, async (text, signature, publicKey) => {
        expect(await verifyText(context, { text, signature, publicKey })).toBe(false)
      }),
    )
  })

  it('[IDN-2] [IDN-19] a key of small order has signed nothing', async () => {
    const publicKey = `01${'00'.repeat(31)}`
    const signature = `01${'00'.repeat(63)}`
    expect(await verifyText(context, { text: 'anything', signature, publicKey })).toBe(false)
  })

  it('[IDN-20] that a machine would take for its own is not signed', async () => {
    const record = new TextDecoder().decode(framed(utf8('parley/profile/1')))
    const refused = [
      '\0',
      record,
      'ipns-signature:',
      'ipns-signature:abc',
      '/ipfs/bafkrei',
      '/ipns/k51',
      'libp2p-tls-handshake:',
      'noise-libp2p-static-key:x',
      '\u0012libp2p-peer-record',
      '\u0001',
      '\n\u0004slug',
      '\tindented',
      'broken \ud800',
    ]
    for (const text of refused) {
      await expect(signText(context, text), JSON.stringify(text)).rejects.toMatchObject({ code: 'TEXT_NOT_SIGNABLE' })
    }
    for (const text of ['', ' libp2p-', 'I am Alice', 'two\n\tlines', 'IPNS-signature:', 'see /ipfs/x']) {
      const { signature } = await signText(context, text)
      expect(fromHex(signature).length).toBe(64)
    }
  })
})
