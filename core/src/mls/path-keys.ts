/** RFC 9420 §12.4.2: the keys that a path secret derives are the keys that the tree shows. The library does not look. */
import type { CiphersuiteImpl, ClientState } from 'ts-mls'
import { equalBytes } from '../base/bytes.ts'

export interface PathWatch {
  /** The suite to hand to the library for one call. */
  readonly suite: CiphersuiteImpl
  /** Whether every private key derived during the call belongs to the node that `state` keeps it for. MLS-21 */
  isConsistent(state: ClientState): boolean
}

/** Remembers the key pairs that one call of the library derives. */
export function watchPath(suite: CiphersuiteImpl): PathWatch {
  const { hpke } = suite
  const derived: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array }[] = []
  return {
    suite: {
      ...suite,
      hpke: {
        ...hpke,
        async deriveKeyPair(ikm) {
          const pair = await hpke.deriveKeyPair(ikm)
          const [privateKey, publicKey] = await Promise.all([
            hpke.exportPrivateKey(pair.privateKey),
            hpke.exportPublicKey(pair.publicKey),
          ])
          derived.push({ privateKey, publicKey })
          return pair
        },
      },
    },
    isConsistent({ privatePath, ratchetTree }) {
      return Object.entries(privatePath.privateKeys).every(([index, privateKey]) => {
        const pair = derived.find((each) => equalBytes(each.privateKey, privateKey))
        if (pair === undefined) return true
        const node = ratchetTree[Number(index)]
        // a blank root has no key: the library derives one for it, and nobody will ever encrypt to it
        if (node === undefined) return true
        const shown = node.nodeType === 'leaf' ? node.leaf.hpkePublicKey : node.parent.hpkePublicKey
        return equalBytes(shown, pair.publicKey)
      })
    },
  }
}
