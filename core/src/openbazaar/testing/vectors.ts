/** The shape of the vectors that openbazaar-go made. Names are the recording's own. */

export interface OpenBazaarVectors {
  readonly identities: readonly {
    readonly mnemonic: string
    readonly bip39SeedHex: string
    readonly ed25519SeedHex: string
    readonly ed25519PublicHex: string
    readonly libp2pPrivateKeyBase64: string
    readonly libp2pPublicKeyBase64: string
    readonly peerID: string
  }[]
  readonly encryption: readonly {
    readonly ciphertextBase64: string
    readonly plaintextBase64: string
    readonly recipient: string
  }[]
  readonly messageIds: readonly {
    readonly message: string
    readonly subject: string
    readonly seconds: string
    readonly nanos: number
    readonly messageId: string
  }[]
  readonly pointerKeys: readonly {
    readonly peerID: string
    readonly prefix1: string
    readonly prefix8: string
    readonly prefix14: string
    readonly prefix63: string
    readonly prefix64: string
  }[]
  readonly pointerIds: readonly {
    readonly entropyBase64: string
    readonly keyCid: string
    readonly pointerID: string
    readonly recipient: string
  }[]
  readonly wireMessages: readonly WireVector[]
  readonly recorded: readonly (Accepted & {
    readonly cid: string
    readonly ciphertextBase64: string
    readonly recipient: string
    readonly pointer: { readonly address: string; readonly keyCid: string; readonly pointerID: string }
  })[]
  readonly hostile: readonly EnvelopeVector[]
}

export interface WireVector {
  readonly name: string
  readonly type: string
  readonly messageHex: string
}

interface Accepted {
  readonly sender: string
  readonly messageBase64: string
  readonly payloadTypeUrl?: string
  readonly chat?: ChatVector
}

export interface ChatVector {
  readonly flag: string
  readonly message: string
  readonly messageId: string
  readonly subject: string
  readonly timestamp?: { readonly seconds: string; readonly nanos: number }
}

export interface EnvelopeVector {
  readonly name: string
  readonly expect: string
  readonly ciphertextBase64: string
  readonly recipient: string
  /** What the original's own functions did with it. */
  readonly realCode: Partial<Accepted> & { readonly outcome: string }
}
