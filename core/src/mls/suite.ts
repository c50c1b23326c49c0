/** What the library gets from us: the suite with our randomness, and a configuration that trusts nobody by default. */
import type { CiphersuiteImpl, ClientConfig, Credential } from 'ts-mls'
import { defaultKeyPackageEqualityConfig, defaultLifetimeConfig } from 'ts-mls'
import { CREDENTIAL_BYTES_MAX, FORWARD_RATCHET_STEPS_MAX, RETAINED_GENERATIONS } from '../base/limits.ts'
import type { MlsContext } from './types.ts'

/** The one suite of this protocol: a downgrade is a refusal. MLS-1 */
export const SUITE = 'MLS_256_XWING_AES256GCM_SHA512_Ed25519'

/** RFC 9420 §16.8, listed in every leaf's capabilities. */
export const LAST_RESORT_EXTENSION = 0x000a

const suites = new WeakMap<MlsContext, CiphersuiteImpl>()

/** The platform's suite, drawing every random byte from the context's port. */
export function suiteOf(context: MlsContext): CiphersuiteImpl {
  const known = suites.get(context)
  if (known !== undefined) return known
  const base = context.crypto.mlsSuite
  const suite: CiphersuiteImpl = {
    ...base,
    rng: { randomBytes: (length) => context.random(length) },
    hpke: { ...base.hpke, generateKeyPair: () => base.hpke.deriveKeyPair(context.random(SEED_BYTES)) },
  }
  suites.set(context, suite)
  return suite
}

const SEED_BYTES = 32

/** A configuration for one call, and whether a credential was refused during it. */
export interface CallConfig {
  readonly config: ClientConfig
  isCredentialRefused(): boolean
}

export function callConfig(context: MlsContext): CallConfig {
  let isRefused = false
  const config: ClientConfig = {
    ...inertConfig,
    authService: {
      async validateCredential(credential, signaturePublicKey) {
        const isValid =
          isOurCredential(credential) && (await context.authenticate(credential.identity, signaturePublicKey))
        isRefused ||= !isValid
        return isValid
      },
    },
  }
  return { config, isCredentialRefused: () => isRefused }
}

export const isOurCredential = (credential: Credential): credential is Credential & { credentialType: 'basic' } =>
  credential.credentialType === 'basic' && credential.identity.length <= CREDENTIAL_BYTES_MAX

/** Rests in stored states. It refuses every credential, so a call that forgot its context fails closed. */
export const inertConfig: ClientConfig = {
  keyRetentionConfig: {
    retainKeysForGenerations: RETAINED_GENERATIONS,
    retainKeysForEpochs: 0,
    maximumForwardRatchetSteps: FORWARD_RATCHET_STEPS_MAX,
  },
  lifetimeConfig: { ...defaultLifetimeConfig, validateLifetimeOnReceive: false },
  keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
  // the envelope pads to its buckets; padding twice would only waste bytes
  paddingConfig: { kind: 'padUntilLength', padUntilLength: 0 },
  authService: { validateCredential: async () => false },
}
