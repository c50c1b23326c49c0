/**
 * Watches one account's cryptography through its port: no key encrypts two different things that leave the device, in
 * whichever process of the device, before and after whichever crash. It reads outer envelopes as a member could.
 */
import { decodeFrame, openOuter, OUTER_KEY_LABEL, OUTER_VERSION, portableXchacha, type CryptoPort } from '@parley/core'

const TAG_BYTES = 16
const NONCE_AT = 17
const NONCE_END = NONCE_AT + 24

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
const tailOf = (bytes: Uint8Array): string => hexOf(bytes.subarray(-TAG_BYTES))

export class KeyWatch {
  /** Key of each ciphertext that was made, by authentication tag. */
  readonly #keyByTail = new Map<string, string>()
  /** The ciphertext that left under each key. */
  readonly #leftByKey = new Map<string, string>()
  readonly #envelopeByNonce = new Map<string, string>()
  readonly #outerKeys = new Map<string, Uint8Array>()
  readonly #lastKeyByPeer = new Map<string, string>()
  readonly #exporters = new Set<string>()
  #busy = 0

  /** Encapsulations that run now. They may take more than microtasks; the world waits for them. */
  get busy(): number {
    return this.#busy
  }

  /** The same cryptography, looked at. */
  over(crypto: CryptoPort): CryptoPort {
    const { mlsSuite } = crypto
    const { kdf, hpke } = mlsSuite
    const label = Buffer.from(OUTER_KEY_LABEL)
    return {
      ...crypto,
      mlsSuite: {
        ...mlsSuite,
        kdf: {
          ...kdf,
          expand: async (secret, info, lengthBytes) => {
            const output = await kdf.expand(secret, info, lengthBytes)
            // RFC 9420 §8.5: the label makes an intermediate secret, and from that comes what is exported.
            if (Buffer.from(info).includes(label)) this.#exporters.add(hexOf(output))
            else if (lengthBytes === 32 && this.#exporters.has(hexOf(secret)))
              this.#outerKeys.set(hexOf(output), output.slice())
            return output
          },
        },
        hpke: {
          ...hpke,
          seal: async (publicKey, plaintext, info, aad) => {
            this.#busy++
            try {
              return await hpke.seal(publicKey, plaintext, info, aad)
            } finally {
              this.#busy--
            }
          },
          encryptAead: async (key, nonce, aad, plaintext) => {
            const ciphertext = await hpke.encryptAead(key, nonce, aad, plaintext)
            this.#keyByTail.set(tailOf(ciphertext), hexOf(key))
            return ciphertext
          },
        },
      },
    }
  }

  /** Looks at a frame that leaves. @returns what is wrong with it, if anything is. */
  onFrame(to: string, bytes: Uint8Array): string | undefined {
    const frame = decodeFrame(bytes)
    return frame?.type === 'envelope' ? this.#onEnvelope(to, frame.bytes, true) : undefined
  }

  /** Looks at a block that is left with others. One that is no envelope of ours (a sealed bundle) says nothing. */
  onBlock(to: string, block: Uint8Array): string | undefined {
    return this.#onEnvelope(to, block, false)
  }

  /** The key of the epoch in which this device last sealed something new for `peerId`; undefined before the first. */
  lastKeyFor(peerId: string): string | undefined {
    return this.#lastKeyByPeer.get(peerId)
  }

  #onEnvelope(to: string, envelope: Uint8Array, isSurelyOurs: boolean): string | undefined {
    if (envelope[0] !== OUTER_VERSION) return this.#onCiphertext(envelope)
    const nonce = hexOf(envelope.subarray(NONCE_AT, NONCE_END))
    const tail = tailOf(envelope)
    const before = this.#envelopeByNonce.get(nonce)
    if (before === tail) return undefined
    if (before !== undefined) return 'an outer nonce was used twice'
    this.#envelopeByNonce.set(nonce, tail)
    for (const key of [...this.#outerKeys.values()].reverse()) {
      const payload = openOuter({ xchacha20poly1305: portableXchacha }, key, envelope)
      if (payload === undefined) continue
      this.#lastKeyByPeer.set(to, hexOf(key))
      return payload.kind === 'mls' ? this.#onCiphertext(payload.body) : undefined
    }
    return isSurelyOurs ? 'an outer envelope is under a key that its sender does not have' : undefined
  }

  #onCiphertext(message: Uint8Array): string | undefined {
    const tail = tailOf(message)
    const key = this.#keyByTail.get(tail)
    // A commit is public inside: it ends in a tag of its own and has no such key.
    if (key === undefined) return undefined
    const left = this.#leftByKey.get(key)
    if (left !== undefined && left !== tail) return 'a key encrypted two different messages'
    this.#leftByKey.set(key, tail)
    return undefined
  }
}
