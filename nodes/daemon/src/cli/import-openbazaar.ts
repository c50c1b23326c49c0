import { deriveOpenBazaarIdentity, type PhraseRejection } from '@parley/core'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { openNode } from '../node.ts'
import { Sentence } from './command.ts'

const SENTENCES: Readonly<Record<PhraseRejection, string>> = {
  'wrong-word-count': 'An OpenBazaar identity has twelve words.',
  'unknown-word': 'One of these words is none of a recovery phrase. Check the spelling.',
  'bad-checksum': 'These words do not belong together. Check their spelling and order.',
}

/** Makes the account of twelve words in a new folder. @throws Sentence when these are not the words of an identity. */
export async function importOpenBazaar(
  data: string,
  words: string,
  name: string | undefined,
): Promise<{ readonly account: string; readonly peerId: string }> {
  const identity = await deriveOpenBazaarIdentity(await createNodeCrypto(), words)
  if (!identity.ok) throw new Sentence(SENTENCES[identity.reason])
  await using node = await openNode({
    data,
    recoveryPhrase: words,
    storage: undefined,
    ...(name === undefined ? {} : { name }),
  })
  const { account } = await node.call('me.get', {})
  return { account, peerId: identity.value.peerId }
}
