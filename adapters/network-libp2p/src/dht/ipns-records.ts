/** What makes IPNS records of the DHT valid, and which of two is newer: the stock rules, loaded with the first record. */
import type { SelectFn, ValidateFn } from '@libp2p/kad-dht'
import { NAME_RECORD_BYTES_MAX } from '@parley/core'

interface Rules {
  readonly validate: (key: Uint8Array, value: Uint8Array) => Promise<unknown>
  readonly select: (key: Uint8Array, values: readonly Uint8Array[]) => number
}

let loading: Promise<Rules> | undefined
const rules = (): Promise<Rules> => (loading ??= load())

async function load(): Promise<Rules> {
  const [stock, { keychain }, { ecdsaCrypto, ed25519Crypto, rsaCrypto }, { MemoryDatastore }] = await Promise.all([
    import('@helia/ipns'),
    import('@ipshipyard/keychain'),
    import('@ipshipyard/crypto'),
    import('datastore-core'),
  ])
  const cryptos = [ed25519Crypto(), ecdsaCrypto(), rsaCrypto()]
  // reads public keys, and never has a private one
  const keys = keychain()({
    datastore: new MemoryDatastore(),
    getCrypto(codeOrName) {
      const crypto = cryptos.find(({ code, type }) => code === codeOrName || type === codeOrName)
      if (crypto === undefined) throw new Error('a key of this kind is not known')
      return crypto
    },
  })
  return {
    validate: (key, value) => stock.ipnsValidator(key, value, keys),
    select: (key, values) =>
      stock.ipnsSelector(
        key,
        values.map((value) => stock.IPNSEntry.decode(value)),
      ),
  }
}

/** Throws for what is no valid record of this name now, or larger than NAME_RECORD_BYTES_MAX. Spec: PUB-4. */
export const validateIpns: ValidateFn = async (key, value) => {
  if (value.length > NAME_RECORD_BYTES_MAX) throw new Error('this record is too large')
  await (await rules()).validate(key, value)
}

/** Of valid records, the index of the newest. */
export const selectIpns: SelectFn = async (key, values) => (await rules()).select(key, values)
