const account = /did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}(?![1-9A-HJ-NP-Za-km-z])/u
const oldId = /(?<![1-9A-HJ-NP-Za-km-z])Qm[1-9A-HJ-NP-Za-km-z]{44}(?![1-9A-HJ-NP-Za-km-z])/u

/**
 * The account, or the `Qm…` id of OpenBazaar, that somebody pasted, alone or at the end of an address. An invite link
 * is none: what stands behind its `#` is for the node to read.
 */
export const personIdOf = (text: string): string | undefined => {
  const word = text.trim()
  if (word.includes('#') || /\s/u.test(word)) return undefined
  return account.exec(word)?.[0] ?? oldId.exec(word)?.[0]
}
