/** How bytes go wrong on their way. `position` and `value` wrap around, so that every number means something. */
export type Damage = 'flip' | 'cut' | 'append' | 'insert' | 'remove'
export const DAMAGES: readonly Damage[] = ['flip', 'cut', 'append', 'insert', 'remove']

/** A damaged copy; never equal to `bytes`. */
export function mutate(bytes: Uint8Array, damage: Damage, position: number, value: number): Uint8Array {
  const at = position % Math.max(1, bytes.length)
  const before = bytes.subarray(0, at)
  const after = bytes.subarray(at)
  switch (damage) {
    case 'flip':
      return bytes.map((byte, index) => (index === at ? byte ^ (1 + (value % 255)) : byte))
    case 'cut':
      return bytes.slice(0, at)
    case 'append':
      return Uint8Array.of(...bytes, value & 0xff)
    case 'insert':
      return Uint8Array.of(...before, value & 0xff, ...after, 0)
    case 'remove':
      return Uint8Array.of(...before, ...after.subarray(1))
  }
}
