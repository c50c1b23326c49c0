/** The receiving side of a sender's ratchet (RFC 9420 §9.1), within the limits of this protocol. */
import type { CiphersuiteImpl, SecretTree } from 'ts-mls'
import { deriveTreeSecret } from 'ts-mls/crypto/kdf.js'
import { deriveKey, derivePrivateMessageNonce } from 'ts-mls/secretTree.js'
import type { GenerationSecret } from 'ts-mls/secretTree.js'
import type { SenderData } from 'ts-mls/sender.js'
import { FORWARD_RATCHET_STEPS_MAX, RETAINED_GENERATIONS } from '../base/limits.ts'
import type { OpenRejection } from './types.ts'

export interface MessageKey {
  readonly key: Uint8Array
  readonly nonce: Uint8Array
  /** The tree without this generation's secret. The given tree is unchanged. */
  readonly tree: SecretTree
  /** Secrets that the new tree does not hold. */
  readonly erase: readonly Uint8Array[]
}

/** Judges a claimed generation before a single step is made for it. MLS-10 */
export function refuseGeneration(tree: SecretTree, { leafIndex, generation }: SenderData): OpenRejection | undefined {
  const ratchet = tree[leafIndex * 2]?.application
  if (ratchet === undefined) return 'unknown-sender'
  if (generation - ratchet.generation > FORWARD_RATCHET_STEPS_MAX) return 'too-far-ahead'
  const isKept = generation >= ratchet.generation || ratchet.unusedGenerations[generation] !== undefined
  return isKept ? undefined : 'replayed'
}

/**
 * Takes the key of one generation out of the tree, keeping those it passes for messages that arrive later.
 *
 * The library's own ratchet copies all retained secrets at every step; a member who claims far generations in messages
 * that then do not open could stop a device with it. This one is linear. MLS-10
 */
export async function takeMessageKey(
  tree: SecretTree,
  senderData: SenderData,
  suite: CiphersuiteImpl,
): Promise<MessageKey> {
  const index = senderData.leafIndex * 2
  const node = tree[index]
  if (node === undefined) throw new RangeError('no ratchet of this leaf')
  const { secret, ratchet, dropped } = await takeSecret(node.application, senderData.generation, suite)
  const key = await deriveKey(secret, senderData.generation, suite)
  const nonce = await derivePrivateMessageNonce(secret, senderData.generation, senderData.reuseGuard, suite)
  return { key, nonce, tree: tree.with(index, { ...node, application: ratchet }), erase: [...dropped, secret, key] }
}

interface Taken {
  readonly secret: Uint8Array
  readonly ratchet: GenerationSecret
  readonly dropped: readonly Uint8Array[]
}

async function takeSecret(ratchet: GenerationSecret, generation: number, { kdf }: CiphersuiteImpl): Promise<Taken> {
  if (generation < ratchet.generation) {
    const { [generation]: secret, ...unusedGenerations } = ratchet.unusedGenerations
    if (secret === undefined) throw new RangeError('the generation was judged before')
    return { secret, ratchet: { ...ratchet, unusedGenerations }, dropped: [] }
  }
  const passed = Object.entries(ratchet.unusedGenerations).map(([id, kept]) => [Number(id), kept] as const)
  let { secret } = ratchet
  const next = (current: Uint8Array, step: number) => deriveTreeSecret(current, 'secret', step, kdf.size, kdf)
  for (let step = ratchet.generation; step < generation; step++) {
    passed.push([step, secret])
    secret = await next(secret, step)
  }
  const cut = Math.max(0, passed.length - RETAINED_GENERATIONS)
  return {
    secret,
    ratchet: {
      secret: await next(secret, generation),
      generation: generation + 1,
      unusedGenerations: Object.fromEntries(passed.slice(cut)),
    },
    dropped: passed.slice(0, cut).map(([, old]) => old),
  }
}
