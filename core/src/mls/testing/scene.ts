/** Named devices that form groups: what nearly every test of this folder begins with. */
import { initializeEpoch } from 'ts-mls/keySchedule.js'
import { assert } from '../../base/assert.ts'
import { utf8 } from '../../base/bytes.ts'
import type { CryptoPort, RandomPort } from '../../base/crypto.ts'
import { KEY_PACKAGE_LIFETIME_MS } from '../../base/limits.ts'
import type { Result } from '../../base/result.ts'
import {
  commitChange,
  createGroup,
  encryptMessage,
  exportSecret,
  generateKeyPackage,
  joinGroup,
  openMessage,
  verifyKeyPackage,
} from '../index.ts'
import type { CommitChange, Committed, DeviceSigner, Group, MlsContext, Opened, VerifiedKeyPackage } from '../types.ts'

export const SCENE_NOW = 1_800_000_000_000

export interface Device {
  readonly name: string
  readonly context: MlsContext
  readonly signer: DeviceSigner
}

export interface Invitable {
  readonly verified: VerifiedKeyPackage
  readonly keyPackage: Uint8Array
  readonly secrets: Uint8Array
}

export interface Scene {
  device(name: string, authenticate?: MlsContext['authenticate']): Promise<Device>
  /** A fresh key package of `device`, accepted. */
  invitable(device: Device): Promise<Invitable>
  /** A group of the devices, in this order of leaves. Gives each one's state, all in the same epoch. */
  group(...devices: readonly Device[]): Promise<(device: Device) => Group>
  pair(first: Device, second: Device): Promise<readonly [Group, Group]>
}

export function createScene(crypto: CryptoPort, random: RandomPort): Scene {
  const invitable = async ({ context, signer }: Device): Promise<Invitable> => {
    const made = await generateKeyPackage(context, signer, {
      notBefore: SCENE_NOW,
      notAfter: SCENE_NOW + KEY_PACKAGE_LIFETIME_MS,
      isLastResort: false,
    })
    return { ...made, verified: must(await verifyKeyPackage(context, made.keyPackage, SCENE_NOW)) }
  }
  const group: Scene['group'] = async (founder, ...others) => {
    assert(founder !== undefined, 'a group has a founder')
    const start = await createGroup(founder.context, founder.signer, random(32), SCENE_NOW)
    if (others.length === 0) return () => start
    const invited = await Promise.all(others.map(invitable))
    const add = invited.map(({ verified }) => verified)
    const committed = must(await commitChange(founder.context, start, { add, remove: [] }, NOTHING))
    const states = new Map([[founder, committed.group]])
    for (const [index, device] of others.entries()) {
      const own = invited[index]
      assert(own !== undefined && committed.welcome !== undefined, 'everybody added is welcomed')
      states.set(device, must(await joinGroup(device.context, committed.welcome, own.keyPackage, own.secrets)))
    }
    return (device) => {
      const state = states.get(device)
      assert(state !== undefined, 'a member of this group')
      return state
    }
  }
  return {
    invitable,
    group,
    async pair(first, second) {
      const of = await group(first, second)
      return [of(first), of(second)]
    },
    async device(name, authenticate = () => true) {
      const seed = random(32)
      const publicKey = await crypto.ed25519PublicKey(seed)
      return { name, context: { crypto, random, authenticate }, signer: { seed, publicKey, credential: utf8(name) } }
    },
  }
}

export const NOTHING = new Uint8Array()

export function must<T, E extends string>(result: Result<T, E>): T {
  assert(result.ok, result.ok ? '' : `refused: ${result.reason}`)
  return result.value
}

export const commit = async (device: Device, group: Group, change: Partial<CommitChange> = {}): Promise<Committed> =>
  must(await commitChange(device.context, group, { add: [], remove: [], ...change }, NOTHING))

export const open = async (device: Device, group: Group, bytes: Uint8Array): Promise<Opened> =>
  must(await openMessage(device.context, group, bytes))

export const say = (device: Device, group: Group, text: string): ReturnType<typeof encryptMessage> =>
  encryptMessage(device.context, group, utf8(text), NOTHING)

export const exporter = (device: Device, group: Group): Promise<Uint8Array> =>
  exportSecret(device.context, group, 'test', NOTHING, 32)

/**
 * The exporter secret of `next` as somebody would compute it who knows everything of `before` and no path secret: what
 * a removed member can try.
 */
export async function guessWithoutPath({ context }: Device, before: Group, next: Group): Promise<Uint8Array> {
  const { kdf } = context.crypto.mlsSuite
  const nothing = new Uint8Array(kdf.size)
  const { initSecret } = before.state.keySchedule
  const { keySchedule } = await initializeEpoch(initSecret, nothing, next.state.groupContext, nothing, kdf)
  return keySchedule.exporterSecret
}
