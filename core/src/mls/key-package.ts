/** Key packages (RFC 9420 §10): how a device lets others add it while it is away. */
import type { KeyPackage, PrivateKeyPackage } from 'ts-mls'
import { generateKeyPackageWithKey } from 'ts-mls'
import { decodeKeyPackage, encodeKeyPackage, verifyKeyPackage as verifySignature } from 'ts-mls/keyPackage.js'
import { verifyLeafNodeSignatureKeyPackage } from 'ts-mls/leafNode.js'
import { concat, equalBytes } from '../base/bytes.ts'
import { sha256 } from '../base/hash.ts'
import { CLOCK_SKEW_MAX_MS, KEY_PACKAGE_BYTES_MAX, KEY_PACKAGE_LIFETIME_MS } from '../base/limits.ts'
import { fail, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import { decodeWhole } from './codec.ts'
import { isUsableHpkeKey } from './hpke-key.ts'
import { isOurCredential, LAST_RESORT_EXTENSION, SUITE, suiteOf } from './suite.ts'
import type {
  DeviceSigner,
  GeneratedKeyPackage,
  KeyPackageOptions,
  KeyPackageRejection,
  MlsContext,
  VerifiedKeyPackage,
} from './types.ts'
import { supportsSuite } from './validate.ts'

/** Makes a key package and the secrets that open a welcome to it. Lifetimes are always explicit. Spec: MLS-2, MLS-3. */
export async function generateKeyPackage(
  context: MlsContext,
  signer: DeviceSigner,
  options: KeyPackageOptions,
): Promise<GeneratedKeyPackage> {
  const { publicPackage, privatePackage } = await newKeyPackage(context, signer, options)
  return { keyPackage: encodeKeyPackage(publicPackage), secrets: encodeSecrets(privatePackage) }
}

export function newKeyPackage(
  context: MlsContext,
  signer: DeviceSigner,
  options: KeyPackageOptions,
): Promise<{ readonly publicPackage: KeyPackage; readonly privatePackage: PrivateKeyPackage }> {
  return generateKeyPackageWithKey(
    { credentialType: 'basic', identity: new Uint8Array(signer.credential) },
    // explicit: the library's default mixes in random GREASE values
    {
      versions: ['mls10'],
      ciphersuites: [SUITE],
      extensions: [LAST_RESORT_EXTENSION],
      proposals: [],
      credentials: ['basic'],
    },
    { notBefore: seconds(options.notBefore), notAfter: seconds(options.notAfter) },
    options.isLastResort ? [{ extensionType: LAST_RESORT_EXTENSION, extensionData: new Uint8Array() }] : [],
    { signKey: new Uint8Array(signer.seed), publicKey: new Uint8Array(signer.publicKey) },
    suiteOf(context),
  )
}

/**
 * Judges a key package from elsewhere: everything a later Add needs is checked here, at `now`.
 *
 * A lifetime longer than {@link KEY_PACKAGE_LIFETIME_MS} (plus the skew) is refused however it is placed. Never throws.
 * The result's bytes are copies. Spec: MLS-1, MLS-3…MLS-7.
 */
export async function verifyKeyPackage(
  context: MlsContext,
  bytes: Uint8Array,
  now: Millis,
): Promise<Result<VerifiedKeyPackage, KeyPackageRejection>> {
  if (bytes.length > KEY_PACKAGE_BYTES_MAX) return fail('too-large')
  const keyPackage = parseKeyPackage(bytes)
  if (keyPackage === undefined) return fail('malformed')
  const { leafNode } = keyPackage
  const rejection = refuseShape(keyPackage, now)
  if (rejection !== undefined) return fail(rejection)
  if (!isOurCredential(leafNode.credential)) return fail('bad-credential')
  const { signature } = suiteOf(context)
  try {
    if (!(await verifyLeafNodeSignatureKeyPackage(leafNode, signature))) return fail('bad-signature')
    if (!(await verifySignature(keyPackage, signature))) return fail('bad-signature')
  } catch {
    return fail('bad-signature')
  }
  const { identity } = leafNode.credential
  if (!(await context.authenticate(identity, leafNode.signaturePublicKey))) return fail('bad-credential')
  const own = new Uint8Array(bytes)
  return ok({
    bytes: own,
    credential: identity,
    signaturePublicKey: leafNode.signaturePublicKey,
    hash: sha256(own),
    isLastResort: keyPackage.extensions.some(({ extensionType }) => extensionType === LAST_RESORT_EXTENSION),
    notAfter: Number(leafNode.lifetime.notAfter) * SECOND_MS,
  })
}

function refuseShape(keyPackage: KeyPackage, now: Millis): KeyPackageRejection | undefined {
  const { leafNode, initKey } = keyPackage
  if (keyPackage.version !== 'mls10' || keyPackage.cipherSuite !== SUITE || !supportsSuite(leafNode))
    return 'wrong-suite'
  if (!isOurCredential(leafNode.credential)) return 'bad-credential'
  if (!isUsableHpkeKey(initKey) || !isUsableHpkeKey(leafNode.hpkePublicKey)) return 'bad-key'
  if (equalBytes(initKey, leafNode.hpkePublicKey)) return 'reused-key'
  const { notBefore, notAfter } = leafNode.lifetime
  const isCurrent = notBefore <= seconds(now + CLOCK_SKEW_MAX_MS) && notAfter >= seconds(now)
  const isShort = notAfter - notBefore <= seconds(KEY_PACKAGE_LIFETIME_MS + CLOCK_SKEW_MAX_MS)
  return isCurrent && isShort ? undefined : 'lifetime'
}

export const parseKeyPackage = (bytes: Uint8Array): KeyPackage | undefined =>
  decodeWhole(decodeKeyPackage, encodeKeyPackage, bytes)

const SECOND_MS = 1_000
const seconds = (ms: Millis): bigint => BigInt(Math.floor(ms / SECOND_MS))

const SECRETS_FORMAT = 1
const KEY_BYTES = 32

const encodeSecrets = (secrets: PrivateKeyPackage): Uint8Array =>
  concat(Uint8Array.of(SECRETS_FORMAT), secrets.initPrivateKey, secrets.hpkePrivateKey, secrets.signaturePrivateKey)

/** `undefined` unless the bytes are what {@link generateKeyPackage} gave. Copies. */
export function decodeSecrets(bytes: Uint8Array): PrivateKeyPackage | undefined {
  if (bytes.length !== 1 + 3 * KEY_BYTES || bytes[0] !== SECRETS_FORMAT) return undefined
  const part = (index: number): Uint8Array =>
    new Uint8Array(bytes.subarray(1 + index * KEY_BYTES, 1 + (index + 1) * KEY_BYTES))
  return { initPrivateKey: part(0), hpkePrivateKey: part(1), signaturePrivateKey: part(2) }
}
