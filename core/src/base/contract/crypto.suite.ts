/**
 * What every CryptoPort must do. Free of any test framework: each case throws when the port fails it.
 *
 * `reference` is another port: what one seals the other opens, so that Node and browsers speak to each other.
 */
import { assert } from '../assert.ts'
import { equalBytes, fromHex, toHex, utf8 } from '../bytes.ts'
import type { CryptoPort } from '../crypto.ts'

export interface ContractCase {
  readonly name: string
  run(port: CryptoPort, reference: CryptoPort): Promise<void>
}

const NOTHING = new Uint8Array()

function same(actual: Uint8Array, expected: string | Uint8Array, what: string): void {
  const wanted = typeof expected === 'string' ? expected : toHex(expected)
  assert(toHex(actual) === wanted, `${what}: ${toHex(actual)} instead of ${wanted}`)
}

async function refuses(work: () => Promise<unknown>, what: string): Promise<void> {
  const isRefused = await work().then(
    () => false,
    () => true,
  )
  assert(isRefused, `${what} was accepted`)
}

/** RFC 8032 §7.1: seed, public key, message, signature. */
const ed25519Vectors = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const

/** RFC 4231, cases 1, 2 and 6: key, data, HMAC-SHA-512. */
const hmacVectors = [
  [
    '0b'.repeat(20),
    toHex(utf8('Hi There')),
    '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
  ],
  [
    toHex(utf8('Jefe')),
    toHex(utf8('what do ya want for nothing?')),
    '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
  ],
  [
    'aa'.repeat(131),
    toHex(utf8('Test Using Larger Than Block-Size Key - Hash Key First')),
    '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
  ],
] as const

/** Argon2id version 19 (RFC 9106) without secret and associated data, from its reference implementation. */
const argon2Vectors = [
  [{ memoryKiB: 256, passes: 2, lanes: 1 }, '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe'],
  [{ memoryKiB: 256, passes: 2, lanes: 2 }, '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037'],
] as const

/** draft-irtf-cfrg-xchacha-03, A.3.1. */
const xchachaVector = {
  key: '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f',
  nonce: '404142434445464748494a4b4c4d4e4f5051525354555657',
  aad: '50515253c0c1c2c3c4c5c6c7',
  plaintext:
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  ciphertext:
    'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49',
} as const

export const cryptoContract: readonly ContractCase[] = [
  {
    name: 'XChaCha20-Poly1305: the vector of its draft, and the same bytes as noble at every size',
    async run(port, noble) {
      const { key, nonce, aad } = xchachaVector
      const [k, n, a] = [fromHex(key), fromHex(nonce), fromHex(aad)]
      const aead = port.xchacha20poly1305
      same(aead.seal(k, n, a, utf8(xchachaVector.plaintext)), xchachaVector.ciphertext, 'XChaCha20-Poly1305')
      for (const size of [0, 1, 63, 64, 1_007, 1_008, 1_023, 1_024, 1_025, 8_135]) {
        const plaintext = new Uint8Array(size).map((_, index) => index)
        const sealed = aead.seal(k, n, a, plaintext)
        same(sealed, toHex(noble.xchacha20poly1305.seal(k, n, a, plaintext)), `seal ${size}`)
        same(aead.open(k, n, a, sealed) ?? utf8('refused'), toHex(plaintext), `open ${size}`)
        const flipped = sealed.map((byte, index) => (index === size ? byte ^ 1 : byte))
        for (const wrong of [flipped, sealed.subarray(1), new Uint8Array(0)]) {
          if (aead.open(k, n, a, wrong) !== undefined) throw new Error(`opened damaged bytes of ${size}`)
        }
      }
    },
  },
  {
    name: 'signs and verifies the vectors of RFC 8032',
    async run(port) {
      for (const [seed, publicKey, message, signature] of ed25519Vectors) {
        same(await port.ed25519PublicKey(fromHex(seed)), publicKey, 'public key')
        same(await port.ed25519Sign(fromHex(seed), fromHex(message)), signature, 'signature')
        same(await port.mlsSuite.signature.sign(fromHex(seed), fromHex(message)), signature, 'MLS signature')
        const [key, signed] = [fromHex(publicKey), fromHex(signature)]
        assert(await port.ed25519Verify(key, fromHex(message), signed), 'a true signature was refused')
        assert(
          await port.mlsSuite.signature.verify(key, fromHex(message), signed),
          'a true signature was refused by the suite',
        )
      }
    },
  },
  {
    name: 'verification answers no, and never throws, for malformed keys and signatures',
    async run(port) {
      const [seed, key, message, signature] = ed25519Vectors[1].map(fromHex)
      assert(seed && key && message && signature, 'the vector has four parts')
      // S increased by the group order: the same equation, another spelling
      const malleated = fromHex(ed25519Vectors[1][3])
      const order = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')
      for (let index = 0, carry = 0; index < 32; index++) {
        const sum = (malleated[32 + index] ?? 0) + (order[index] ?? 0) + carry
        malleated[32 + index] = sum & 0xff
        carry = sum >>> 8
      }
      const cases: readonly (readonly [Uint8Array, Uint8Array, Uint8Array])[] = [
        [key, utf8('another message'), signature],
        [key, message, malleated],
        [key, message, signature.subarray(1)],
        [key, message, new Uint8Array([...signature, 0])],
        [key, message, NOTHING],
        [key.subarray(1), message, signature],
        [NOTHING, message, signature],
        [new Uint8Array(32).fill(0xff), message, signature],
        [fromHex('02'.padEnd(64, '0')), message, signature],
        [key, message, new Uint8Array(64).fill(0xff)],
      ]
      for (const [publicKey, text, signed] of cases) {
        assert(!(await port.ed25519Verify(publicKey, text, signed)), 'a false signature was accepted')
        assert(
          !(await port.mlsSuite.signature.verify(publicKey, text, signed)),
          'a false signature was accepted by the suite',
        )
      }
    },
  },
  {
    name: 'derives passwords with Argon2id',
    async run(port) {
      for (const [cost, expected] of argon2Vectors) {
        same(await port.argon2id(utf8('password'), utf8('somesalt'), cost), expected, 'Argon2id')
      }
    },
  },
  {
    name: 'hashes and authenticates with SHA-512',
    async run({ mlsSuite: { hash } }) {
      const abc =
        'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f'
      same(await hash.digest(utf8('abc')), abc, 'SHA-512')
      for (const [key, data, expected] of hmacVectors) {
        same(await hash.mac(fromHex(key), fromHex(data)), expected, 'HMAC-SHA-512')
        assert(await hash.verifyMac(fromHex(key), fromHex(expected), fromHex(data)), 'a true tag was refused')
        assert(
          !(await hash.verifyMac(fromHex(key), fromHex(expected).subarray(1), fromHex(data))),
          'a short tag was accepted',
        )
        assert(
          !(await hash.verifyMac(fromHex(key), fromHex(expected).fill(0, 63), fromHex(data))),
          'a false tag was accepted',
        )
      }
    },
  },
  {
    name: 'expands keys with HKDF-SHA-512',
    async run({ mlsSuite: { kdf } }) {
      const prk = await kdf.extract(fromHex('000102030405060708090a0b0c'), fromHex('0b'.repeat(22)))
      const expectedPrk =
        '665799823737ded04a88e47e54a5890bb2c3d247c7a4254a8e61350723590a26c36238127d8661b88cf80ef802d57e2f7cebcf1e00e083848be19929c61b4237'
      same(prk, expectedPrk, 'extract')
      const okm = '832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c1481579338da362cb8d9f925d7cb'
      same(await kdf.expand(prk, fromHex('f0f1f2f3f4f5f6f7f8f9'), 42), okm, 'expand')
      const long = await kdf.expand(prk, NOTHING, 200)
      assert(long.length === 200, 'several blocks')
      same(long.subarray(0, 64), await kdf.expand(prk, NOTHING, 64), 'first block')
      assert(kdf.size === 64, 'hash size')
      same(
        await kdf.extract(NOTHING, utf8('x')),
        await kdf.extract(new Uint8Array(64), utf8('x')),
        'empty salt is zeros',
      )
    },
  },
  {
    name: 'seals with AES-256-GCM and opens nothing that was touched',
    async run({ mlsSuite: { hpke } }) {
      const key = fromHex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308')
      const nonce = fromHex('cafebabefacedbaddecaf888')
      const aad = fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2')
      const plaintext = fromHex(
        'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
      )
      const expected =
        '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b'
      const sealed = await hpke.encryptAead(key, nonce, aad, plaintext)
      same(sealed, expected, 'AES-256-GCM')
      same(await hpke.decryptAead(key, nonce, aad, sealed), plaintext, 'opened')
      for (const index of [0, 30, sealed.length - 1]) {
        const touched = new Uint8Array(sealed)
        touched[index] = (touched[index] ?? 0) ^ 1
        await refuses(() => hpke.decryptAead(key, nonce, aad, touched), 'a touched ciphertext')
      }
      await refuses(() => hpke.decryptAead(key, nonce, NOTHING, sealed), 'other associated data')
      await refuses(() => hpke.decryptAead(key, nonce, aad, sealed.subarray(0, 15)), 'less than a tag')
      const bare = await hpke.encryptAead(key, nonce, undefined, NOTHING)
      same(await hpke.decryptAead(key, nonce, undefined, bare), NOTHING, 'nothing')
      assert(bare.length === 16 && hpke.keyLength === 32 && hpke.nonceLength === 12, 'sizes')
    },
  },
  {
    name: 'derives X-Wing key pairs as the reference does',
    async run(port, reference) {
      for (const ikm of [
        new Uint8Array(32),
        utf8('input keying material of another length'),
        new Uint8Array(64).fill(7),
      ]) {
        const [own, other] = await Promise.all([port, reference].map((each) => each.mlsSuite.hpke.deriveKeyPair(ikm)))
        assert(own && other, 'two key pairs')
        const publicKey = await port.mlsSuite.hpke.exportPublicKey(own.publicKey)
        same(publicKey, await reference.mlsSuite.hpke.exportPublicKey(other.publicKey), 'public key')
        assert(publicKey.length === 1_216, 'public key size')
        const seed = await port.mlsSuite.hpke.exportPrivateKey(own.privateKey)
        same(seed, await reference.mlsSuite.hpke.exportPrivateKey(other.privateKey), 'private key')
      }
      const [one, two] = [await port.mlsSuite.hpke.generateKeyPair(), await port.mlsSuite.hpke.generateKeyPair()]
      const keys = [
        await port.mlsSuite.hpke.exportPublicKey(one.publicKey),
        await port.mlsSuite.hpke.exportPublicKey(two.publicKey),
      ]
      assert(keys[0] && keys[1] && !equalBytes(keys[0], keys[1]), 'fresh key pairs differ')
    },
  },
  {
    name: 'seals to the reference and opens what the reference sealed (HPKE base mode)',
    async run(port, reference) {
      const [info, aad, plaintext] = [utf8('info'), utf8('associated'), utf8('sealed for the other side')]
      for (const [from, to] of [
        [port, reference],
        [reference, port],
        [port, port],
      ] as const) {
        const { publicKey, privateKey } = await to.mlsSuite.hpke.deriveKeyPair(new Uint8Array(32).fill(1))
        const bytes = await to.mlsSuite.hpke.exportPublicKey(publicKey)
        const recipient = await from.mlsSuite.hpke.importPublicKey(bytes)
        const { enc, ct } = await from.mlsSuite.hpke.seal(recipient, plaintext, info, aad)
        same(await to.mlsSuite.hpke.open(privateKey, enc, ct, info, aad), plaintext, 'opened')
        const exported = await from.mlsSuite.hpke.exportSecret(recipient, utf8('exporter'), 48, info)
        same(
          await to.mlsSuite.hpke.importSecret(privateKey, utf8('exporter'), exported.enc, 48, info),
          exported.secret,
          'export',
        )
        await refuses(() => to.mlsSuite.hpke.open(privateKey, enc, ct, utf8('other'), aad), 'other info')
        await refuses(() => to.mlsSuite.hpke.open(privateKey, enc, ct, info, utf8('other')), 'other associated data')
        await refuses(() => to.mlsSuite.hpke.open(privateKey, enc.subarray(1), ct, info, aad), 'a short encapsulation')
        await refuses(() => to.mlsSuite.hpke.open(privateKey, enc, ct.subarray(1), info, aad), 'a short ciphertext')
      }
    },
  },
  {
    name: 'refuses malformed X-Wing keys',
    async run({ mlsSuite: { hpke } }) {
      await refuses(() => hpke.importPublicKey(new Uint8Array(1_215)), 'a short public key')
      await refuses(() => hpke.importPrivateKey(new Uint8Array(31)), 'a short private key')
    },
  },
]
