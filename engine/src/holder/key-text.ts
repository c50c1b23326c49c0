/** Digests and prefixes as keys of maps: one letter a byte, the smallest text that a JavaScript engine has. */
export const keyText = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
