/** The bundle that this device hands to others: made anew when something in it changes or grows old. Spec: FST-1…FST-5. */
import {
  assert,
  BUNDLE_LIFETIME_MS,
  CLOCK_SKEW_MAX_MS,
  createDeviceBundle,
  createInboxKey,
  generateKeyPackage,
  INBOX_KEY_RETENTION_MS,
  INBOX_KEY_ROTATION_MS,
  KEY_PACKAGE_LIFETIME_MS,
  sha256,
  toHex,
  WAITING_LIFETIME_MS,
  verifyDeviceBundle,
  encodeCbor,
  equalBytes,
  decodeCbor,
  isList,
  isBytes,
  isUint,
  type DeviceBundle,
  type InboxKey,
} from '@parley/core'
import type { Context } from '../context.ts'
import { readSecret, saveSecret, secretNames } from '../store/secrets.ts'

const META_KEY = 'bundle'
const INBOX = 'inbox/'
const KEY_PACKAGE = 'key-package/'
/** A bundle is renewed long before it expires. */
const BUNDLE_RENEWAL_MS = INBOX_KEY_ROTATION_MS

type BundleContext = Pick<Context, 'store' | 'vault' | 'crypto' | 'random' | 'self' | 'mls' | 'settings'>

export interface BundleWish {
  readonly addresses: readonly string[]
  readonly now: number
  /** Put a fresh one-time key package in front: for a request, whose answer uses it up. */
  readonly hasOneTimeKeyPackage: boolean
}

/** The current bundle, renewed when needed. Run inside a turn: it writes. */
export async function prepareBundle(
  context: BundleContext,
  asked: BundleWish,
): Promise<{ bundle: DeviceBundle; save: () => void }> {
  // A clock that shows a time before our own certificate begins was set back: it is at least that late. FST-26
  const wish = { ...asked, now: Math.max(asked.now, context.self.certificate.notBefore) }
  const held = await heldBundle(context)
  if (held !== undefined && !wish.hasOneTimeKeyPackage && isCurrent(context, held, wish)) {
    return { bundle: held.bundle, save: () => undefined }
  }
  const inbox = await newestInbox(context, wish.now)
  const lastResort = await makeKeyPackage(context, wish.now, true)
  const oneTime = wish.hasOneTimeKeyPackage ? [await makeKeyPackage(context, wish.now, false)] : []
  const bundle = await createDeviceBundle(
    context.crypto,
    context.self.deviceSeed,
    {
      certificate: context.self.certificate,
      log: context.self.log,
      claimedName: context.settings.current.name,
      inboxPublicKey: inbox.key.publicKey,
      keyPackages: [...oneTime, lastResort].map(({ keyPackage }) => keyPackage),
      addresses: wish.addresses,
      sequence: (held?.bundle.sequence ?? 0) + 1,
      ...(held === undefined ? {} : { previous: held.bundle.hash }),
      notAfter: Math.min(wish.now + BUNDLE_LIFETIME_MS, context.self.certificate.notAfter),
    },
    wish.now,
  )
  assert(bundle.ok, 'an own bundle is valid')
  return {
    bundle: bundle.value,
    save() {
      inbox.save()
      for (const { save } of [...oneTime, lastResort]) save()
      context.store.run(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
        [META_KEY, encodeCbor([wish.now, bundle.value.bytes])],
      )
    },
  }
}

interface Held {
  readonly madeAt: number
  readonly bundle: DeviceBundle
}

/** The bundle made last, whatever became of it since: the next one follows it. FST-26 */
async function heldBundle({ store, crypto }: BundleContext): Promise<Held | undefined> {
  const row = store.all('SELECT value FROM meta WHERE key = ?', [META_KEY])[0]
  const value = row?.['value'] instanceof Uint8Array ? decodeCbor(row['value']) : undefined
  const [madeAt, bytes] = isList(value) ? value : []
  if (!isUint(madeAt) || !isBytes(bytes)) return undefined
  const bundle = await verifyDeviceBundle(crypto, bytes, madeAt)
  return bundle.ok ? { madeAt, bundle: bundle.value } : undefined
}

function isCurrent({ settings, self }: BundleContext, held: Held, wish: BundleWish): boolean {
  const ageMs = wish.now - held.madeAt
  return (
    // Made while our clock was ahead, it would be refused by others for the time that it claims to live.
    ageMs >= -CLOCK_SKEW_MAX_MS &&
    ageMs < BUNDLE_RENEWAL_MS &&
    wish.now < held.bundle.notAfter &&
    equalBytes(held.bundle.certificate.bytes, self.certificate.bytes) &&
    held.bundle.claimedName === settings.current.name &&
    held.bundle.addresses.join(' ') === wish.addresses.join(' ')
  )
}

async function makeKeyPackage(context: BundleContext, now: number, isLastResort: boolean) {
  const { store, vault, mls, self } = context
  const notAfter = now + KEY_PACKAGE_LIFETIME_MS - CLOCK_SKEW_MAX_MS
  // The Welcome that uses it on its last day may wait as long as anything.
  const keptUntil = notAfter + WAITING_LIFETIME_MS
  const options = { notBefore: now - CLOCK_SKEW_MAX_MS, notAfter, isLastResort }
  const { keyPackage, secrets } = await generateKeyPackage(mls, self.signer, options)
  const name = `${KEY_PACKAGE}${toHex(sha256(keyPackage))}`
  return {
    keyPackage,
    save: () => saveSecret(store, vault, name, encodeCbor([keyPackage, secrets, isLastResort]), keptUntil),
  }
}

export interface StoredKeyPackage {
  readonly name: string
  readonly keyPackage: Uint8Array
  readonly secrets: Uint8Array
  readonly isLastResort: boolean
}

/** Private halves that a Welcome may need. */
export function storedKeyPackages({ store, vault }: Pick<Context, 'store' | 'vault'>): readonly StoredKeyPackage[] {
  return secretNames(store, KEY_PACKAGE).flatMap((name): StoredKeyPackage[] => {
    const value = decodeCbor(readSecret(store, vault, name) ?? new Uint8Array(0))
    const [keyPackage, secrets, isLastResort] = isList(value) ? value : []
    return isBytes(keyPackage) && isBytes(secrets)
      ? [{ name, keyPackage, secrets, isLastResort: isLastResort === true }]
      : []
  })
}

/** `inbox/<15 digits of the time it was made>`: the name order is the age. */
const inboxName = (madeAt: number) => `${INBOX}${String(madeAt).padStart(15, '0')}`

async function newestInbox({ store, vault, crypto, random }: BundleContext, now: number) {
  const newest = secretNames(store, INBOX).at(-1)
  const seed = newest === undefined ? undefined : readSecret(store, vault, newest)
  const isYoung = newest !== undefined && now - Number(newest.slice(INBOX.length)) < INBOX_KEY_ROTATION_MS
  if (seed !== undefined && isYoung) return { key: await createInboxKey(crypto, seed), save: () => undefined }
  const fresh = random(32)
  return {
    key: await createInboxKey(crypto, fresh),
    save: () => saveSecret(store, vault, inboxName(now), fresh, now + INBOX_KEY_ROTATION_MS + INBOX_KEY_RETENTION_MS),
  }
}

/** Under which names inbox keys are kept, the oldest first: the same names are the same keys. */
export const inboxKeyNames = ({ store }: Pick<Context, 'store'>): readonly string[] => secretNames(store, INBOX)

/** Every inbox key that may still be used to reach us, newest first. */
export async function inboxKeys({
  store,
  vault,
  crypto,
}: Pick<Context, 'store' | 'vault' | 'crypto'>): Promise<readonly InboxKey[]> {
  const seeds = inboxKeyNames({ store })
    .toReversed()
    .map((name) => readSecret(store, vault, name))
  return Promise.all(seeds.filter((seed) => seed !== undefined).map((seed) => createInboxKey(crypto, seed)))
}
