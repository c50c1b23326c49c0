/** Entering a group through a welcome (RFC 9420 §12.4.3.1). */
import type { GroupInfo as MlsGroupInfo, KeyPackage, PrivateKeyPackage, Welcome } from 'ts-mls'
import { emptyPskIndex, joinGroup as joinState } from 'ts-mls'
import { makeKeyPackageRef } from 'ts-mls/keyPackage.js'
import { CryptoError, CryptoVerificationError } from 'ts-mls/mlsError.js'
import { decryptGroupInfo, decryptGroupSecrets } from 'ts-mls/welcome.js'
import { equalBytes } from '../base/bytes.ts'
import { MLS_TREE_BYTES_MAX } from '../base/limits.ts'
import { fail, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { decodeMessage, epochNumber } from './codec.ts'
import { groupOf } from './group.ts'
import { decodeSecrets, parseKeyPackage } from './key-package.ts'
import { watchPath } from './path-keys.ts'
import { callConfig, SUITE, suiteOf } from './suite.ts'
import { isPermittedTree } from './tree.ts'
import type { Group, JoinRejection, MlsContext } from './types.ts'

/**
 * Joins with the key package that the welcome was made for, and its secrets as {@link generateKeyPackage} gave them.
 *
 * Every leaf's credential goes through `context.authenticate`. The welcome's bytes are not an identity: parts for other
 * joiners can be changed unseen. Never throws. Spec: MLS-1, MLS-4…MLS-7, MLS-17, MLS-21.
 */
export async function joinGroup(
  context: MlsContext,
  welcomeBytes: Uint8Array,
  keyPackageBytes: Uint8Array,
  secretsBytes: Uint8Array,
): Promise<Result<Group, JoinRejection>> {
  if (welcomeBytes.length > MLS_TREE_BYTES_MAX) return fail('too-large')
  const message = decodeMessage(welcomeBytes)
  const keyPackage = parseKeyPackage(keyPackageBytes)
  const secrets = decodeSecrets(secretsBytes)
  if (message?.wireformat !== 'mls_welcome' || keyPackage === undefined || secrets === undefined)
    return fail('malformed')
  const { welcome } = message
  if (welcome.cipherSuite !== SUITE || keyPackage.cipherSuite !== SUITE) return fail('wrong-suite')
  const refusal = await inspectWelcome(context, welcome, keyPackage, secrets)
  if (refusal !== undefined) return fail(refusal)
  const { config, isCredentialRefused } = callConfig(context)
  const { suite, isConsistent } = watchPath(suiteOf(context))
  try {
    const state = await joinState(welcome, keyPackage, secrets, emptyPskIndex, suite, undefined, undefined, config)
    return isConsistent(state) ? ok(groupOf(state)) : fail('bad-tree')
  } catch (error) {
    if (isCredentialRefused()) return fail('bad-credential')
    return fail(error instanceof CryptoVerificationError ? 'bad-signature' : 'bad-tree')
  }
}

/** Opens the welcome to see that its tree is bounded and usable, before the library walks it. */
async function inspectWelcome(
  context: MlsContext,
  welcome: Welcome,
  keyPackage: KeyPackage,
  secrets: PrivateKeyPackage,
): Promise<JoinRejection | undefined> {
  const suite = suiteOf(context)
  try {
    const reference = await makeKeyPackageRef(keyPackage, suite.hash)
    if (!welcome.secrets.some(({ newMember }) => equalBytes(newMember, reference))) return 'not-addressed'
    const initKey = await suite.hpke.importPrivateKey(secrets.initPrivateKey)
    const opened = await decryptGroupSecrets(initKey, reference, welcome, suite.hpke)
    if (opened === undefined) return 'malformed'
    // pre-shared keys are no part of this protocol
    if (opened.psks.length > 0) return 'unsupported'
    const info = await decryptGroupInfo(welcome, opened.joinerSecret, new Uint8Array(suite.kdf.size), suite)
    return info === undefined ? 'malformed' : refuseGroupInfo(info)
  } catch (error) {
    return error instanceof CryptoError ? 'undecryptable' : 'malformed'
  }
}

function refuseGroupInfo({ groupContext, extensions }: MlsGroupInfo): JoinRejection | undefined {
  if (groupContext.version !== 'mls10' || groupContext.cipherSuite !== SUITE) return 'wrong-suite'
  if (groupContext.extensions.length > 0 || epochNumber(groupContext.epoch) === undefined) return 'unsupported'
  const [tree, second] = extensions.filter(({ extensionType }) => extensionType === 'ratchet_tree')
  if (tree === undefined || second !== undefined || tree.extensionData.length > MLS_TREE_BYTES_MAX) return 'bad-tree'
  return isPermittedTree(tree.extensionData) ? undefined : 'bad-tree'
}
