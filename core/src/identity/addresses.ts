import { type CborValue, isList, isText } from '../base/cbor.ts'
import { ADDRESS_LENGTH_MAX, ADDRESSES_PER_DEVICE_MAX } from '../base/limits.ts'

/** Printable ASCII that begins like a multiaddr. Whether it is one, and may be dialled, the network layer decides. */
export const isAddress = (value: unknown): value is string =>
  isText(value, ADDRESS_LENGTH_MAX) && /^\/[!-~]+$/.test(value)

/** At most ADDRESSES_PER_DEVICE_MAX of them. Spec: FST-3. */
export function isAddressList(value: CborValue | undefined): value is readonly string[] {
  return isList(value, ADDRESSES_PER_DEVICE_MAX) && value.every(isAddress)
}
