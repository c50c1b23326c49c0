import { createNodeCrypto, nodeRandom } from '@parley/adapter-crypto-node'
import fc from 'fast-check'
import { encodeMlsMessage } from 'ts-mls'
import { createProposal } from 'ts-mls'
import { protectApplicationData } from 'ts-mls/messageProtection.js'
import { describe, expect, test } from 'vitest'
import { toHex, utf8 } from '../base/bytes.ts'
import { FORWARD_RATCHET_STEPS_MAX, MLS_MESSAGE_BYTES_MAX, RETAINED_GENERATIONS } from '../base/limits.ts'
import { encryptMessage, messageHeader, openMessage } from './index.ts'
import { inertConfig, suiteOf } from './suite.ts'
import { commit, createScene, NOTHING, open, say } from './testing/scene.ts'
import type { Device } from './testing/scene.ts'
import type { Group } from './types.ts'

const crypto = await createNodeCrypto()
const scene = createScene(crypto, nodeRandom)
const alice = await scene.device('alice')
const bob = await scene.device('bob')
const carol = await scene.device('carol')
const refused = (reason: string) => ({ ok: false, reason })

/** `count` messages of one sender, numbered from zero. */
async function burst(device: Device, group: Group, count: number): Promise<{ messages: Uint8Array[]; group: Group }> {
  const messages: Uint8Array[] = []
  let current = group
  for (let index = 0; index < count; index++) {
    const encrypted = await say(device, current, `${index}`)
    current = encrypted.group
    messages.push(encrypted.message)
  }
  return { messages, group: current }
}

describe('message', () => {
  test('[MLS-11] opens for every member and names its sender', async () => {
    const of = await scene.group(alice, bob, carol)
    const { message } = await encryptMessage(carol.context, of(carol), utf8('hello'), utf8('parents'))
    for (const device of [alice, bob]) {
      expect(await open(device, of(device), message)).toMatchObject({
        type: 'application',
        plaintext: utf8('hello'),
        authenticatedData: utf8('parents'),
        sender: { leaf: 2, credential: utf8('carol'), signaturePublicKey: carol.signer.publicKey },
      })
    }
    expect(await openMessage(carol.context, of(carol), message)).toEqual(refused('own-message'))
  })

  test('[MLS-11] a member cannot speak as another', async () => {
    const of = await scene.group(alice, bob, carol)
    const { groupContext, keySchedule, secretTree } = of(bob).state
    const asAlice = await protectApplicationData(
      bob.signer.seed,
      keySchedule.senderDataSecret,
      utf8('{"sender":"alice"}'),
      NOTHING,
      groupContext,
      secretTree,
      0,
      inertConfig.paddingConfig,
      suiteOf(bob.context),
    )
    const forged = encodeMlsMessage({
      version: 'mls10',
      wireformat: 'mls_private_message',
      privateMessage: asAlice.privateMessage,
    })
    expect(await openMessage(carol.context, of(carol), forged)).toEqual(refused('bad-signature'))
    const honest = await say(bob, of(bob), '{"sender":"alice"}')
    expect(await open(carol, of(carol), honest.message)).toMatchObject({ sender: { credential: utf8('bob') } })
  })

  test('[MLS-10] as many reordered messages of one sender as are retained all open, each once', async () => {
    const [a, b] = await scene.pair(alice, bob)
    const { messages } = await burst(alice, a, RETAINED_GENERATIONS)
    let group = b
    const texts: string[] = []
    for (const message of messages.toReversed()) {
      const opened = await open(bob, group, message)
      if (opened.type === 'application') texts.push(new TextDecoder().decode(opened.plaintext))
      group = opened.group
    }
    expect(texts.toReversed()).toEqual(messages.map((_, index) => `${index}`))
    for (const message of messages.slice(0, 5))
      expect(await openMessage(bob.context, group, message)).toEqual(refused('replayed'))
  })

  test('[MLS-10] older than the retained generations is refused, the window itself opens', async () => {
    const [a, b] = await scene.pair(alice, bob)
    const { messages } = await burst(alice, a, RETAINED_GENERATIONS + 3)
    const [first, second, third] = messages
    const last = messages.at(-1)
    if (!first || !second || !third || !last) throw new Error('short burst')
    const { group } = await open(bob, b, last)
    expect(await openMessage(bob.context, group, first)).toEqual(refused('replayed'))
    expect(await openMessage(bob.context, group, second)).toEqual(refused('replayed'))
    expect((await openMessage(bob.context, group, third)).ok).toBe(true)
  })

  test('[MLS-10] a jump beyond the limit is refused without a ratchet step, the limit itself opens', async () => {
    const [a, b] = await scene.pair(alice, bob)
    const { messages } = await burst(alice, a, FORWARD_RATCHET_STEPS_MAX + 2)
    const far = messages.at(-1)
    const limit = messages.at(-2)
    if (!far || !limit) throw new Error('short burst')
    let expansions = 0
    const counting = {
      ...bob.context,
      crypto: {
        ...crypto,
        mlsSuite: {
          ...crypto.mlsSuite,
          kdf: {
            ...crypto.mlsSuite.kdf,
            expand: (key: Uint8Array, info: Uint8Array, length: number) => (
              expansions++,
              crypto.mlsSuite.kdf.expand(key, info, length)
            ),
          },
        },
      },
    }
    expect(await openMessage(counting, b, far)).toEqual(refused('too-far-ahead'))
    expect(expansions).toBe(2)
    const opened = await openMessage(bob.context, b, limit)
    expect(opened.ok).toBe(true)
  })

  test('[MLS-10] a replay is refused and changes nothing', async () => {
    const [a, b] = await scene.pair(alice, bob)
    const one = await say(alice, a, 'one')
    const { group } = await open(bob, b, one.message)
    expect(await openMessage(bob.context, group, one.message)).toEqual(refused('replayed'))
    const two = await say(alice, one.group, 'two')
    expect(await open(bob, group, two.message)).toMatchObject({ plaintext: utf8('two') })
  })

  test('[MLS-20] another group or epoch is refused from the clear head, without cryptography', async () => {
    const [a, b] = await scene.pair(alice, bob)
    const [other] = await scene.pair(alice, carol)
    const { message } = await say(alice, a, 'old')
    const next = await commit(bob, b)
    const silent = {
      ...bob.context,
      crypto: new Proxy(crypto, {
        get: () => {
          throw new Error('cryptography was used')
        },
      }),
    }
    expect(await openMessage(silent, next.group, message)).toEqual(refused('wrong-epoch'))
    expect(await openMessage(silent, other, message)).toEqual(refused('wrong-group'))
    expect(await openMessage(silent, b, next.commit.subarray(0, 30))).toEqual(refused('malformed'))
    expect(messageHeader(message)).toEqual({ groupId: a.state.groupContext.groupId, epoch: 1, type: 'application' })
    expect(messageHeader(next.commit)).toEqual({ groupId: a.state.groupContext.groupId, epoch: 1, type: 'commit' })
  })

  test('[MLS-9] a standalone proposal, private or public, is refused and stops nobody', async () => {
    const of = await scene.group(alice, bob, carol)
    const suite = suiteOf(carol.context)
    const bogus = { proposalType: 'remove', remove: { removed: 9_999 } } as const
    for (const isPublic of [true, false]) {
      const { message } = await createProposal(of(carol).state, isPublic, bogus, suite)
      expect(await openMessage(alice.context, of(alice), encodeMlsMessage(message))).toEqual(
        refused('standalone-proposal'),
      )
    }
    const next = await commit(alice, of(alice), { remove: [2] })
    expect((await openMessage(bob.context, of(bob), next.commit)).ok).toBe(true)
  })

  test('[MLS-4] refuses oversize, truncation, trailing bytes and any flipped bit; the untouched message still opens', async () => {
    const [a, b] = await scene.pair(alice, bob)
    const { message } = await say(alice, a, 'x'.repeat(100))
    const attempt = (bytes: Uint8Array) => openMessage(bob.context, b, bytes)
    expect(await attempt(new Uint8Array(MLS_MESSAGE_BYTES_MAX + 1))).toEqual(refused('too-large'))
    expect(await attempt(Uint8Array.of(...message, 0))).toEqual(refused('malformed'))
    for (let length = 0; length < message.length; length++)
      expect((await attempt(message.subarray(0, length))).ok).toBe(false)
    for (let bit = 0; bit < message.length * 8; bit++) {
      const mutated = new Uint8Array(message)
      mutated[bit >>> 3] = (mutated[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
      expect((await attempt(mutated)).ok).toBe(false)
    }
    expect((await attempt(message)).ok).toBe(true)
  })

  test('[MLS-4] refuses another spelling of the same message', async () => {
    const [a, b] = await scene.pair(alice, bob)
    const { message } = await say(alice, a, 'hi')
    // the group id's one-byte length, written in two
    const respelled = Uint8Array.of(...message.subarray(0, 4), 0x40, ...message.subarray(4))
    expect(messageHeader(respelled)).toEqual(messageHeader(message))
    expect(await openMessage(bob.context, b, respelled)).toEqual(refused('malformed'))
  })

  test('[MLS-4] any bytes, alone or behind a true head, get an outcome', async () => {
    const [a, b] = await scene.pair(alice, bob)
    const [head, publicHead] = [
      (await say(alice, a, '')).message.subarray(0, 45),
      (await commit(alice, a)).commit.subarray(0, 45),
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom(NOTHING, head, publicHead),
        async (bytes, prefix) => {
          expect((await openMessage(bob.context, b, Uint8Array.of(...prefix, ...bytes))).ok).toBe(false)
        },
      ),
      { numRuns: 600 },
    )
  })

  test('[MLS-14] one message more or less never repeats a key: every ciphertext differs', async () => {
    const [a] = await scene.pair(alice, bob)
    const { messages } = await burst(alice, a, 50)
    expect(new Set(messages.map(toHex)).size).toBe(50)
  })
})
