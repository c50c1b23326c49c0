/** Accounts and devices for tests: real keys from a seed, real certificates, real logs. */
import type { CryptoPort, RandomPort } from '../../base/crypto.ts'
import { DAY_MS } from '../../base/limits.ts'
import type { Result } from '../../base/result.ts'
import type { Millis } from '../../base/time.ts'
import { type DeviceCertificate, issueDeviceCertificate } from '../device-certificate.ts'
import type { AccountId } from '../did-key.ts'
import { addDevice, consentToDevice, type IdentityLog, logHead, startIdentityLog } from '../identity-log.ts'
import { peerIdOfKey } from '../peer-id.ts'
import { type AccountSecrets, createRecoveryPhrase, deriveAccountSecrets } from '../recovery-phrase.ts'

export const NOW: Millis = 1_760_000_000_000

export interface TestPerson {
  readonly account: AccountId
  readonly secrets: AccountSecrets
  readonly deviceSeed: Uint8Array
  readonly deviceKey: Uint8Array
  readonly peerId: string
  readonly certificate: DeviceCertificate
  readonly log: IdentityLog
}

/** A person with one device, certified from the day before NOW for 300 days. */
export async function createPerson(crypto: CryptoPort, random: RandomPort): Promise<TestPerson> {
  const secrets = await deriveAccountSecrets(crypto, createRecoveryPhrase(random))
  const inception = expectOk(await startIdentityLog(crypto, secrets))
  const device = await addTestDevice(crypto, secrets.rootSeed, inception, random(32))
  return { account: secrets.account, secrets, ...device, peerId: peerIdOfKey(device.deviceKey) }
}

/** One more device in `log`; also renews the certificate of a seed that is in it. */
export async function addTestDevice(
  crypto: CryptoPort,
  rootSeed: Uint8Array,
  log: IdentityLog,
  deviceSeed: Uint8Array,
): Promise<Pick<TestPerson, 'deviceSeed' | 'deviceKey' | 'certificate' | 'log'>> {
  const deviceKey = await crypto.ed25519PublicKey(deviceSeed)
  const certificate = await issueDeviceCertificate(crypto, rootSeed, {
    deviceKey,
    capabilities: ['admin', 'message'],
    notBefore: NOW - DAY_MS,
    notAfter: NOW + 300 * DAY_MS,
    logHead: logHead(log),
  })
  const consent = await consentToDevice(crypto, deviceSeed, certificate.bytes)
  const extended = expectOk(await addDevice(crypto, rootSeed, log, { certificate: certificate.bytes, consent }))
  return { deviceSeed, deviceKey, certificate, log: extended }
}

/** The value of a result that the test knows to be good. @throws Error with the reason otherwise. */
export function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`unexpected refusal: ${result.reason}`)
  return result.value
}
