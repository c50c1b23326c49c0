/** A stretch of plain text, or an address found in it. */
export type TextPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'link'; readonly text: string; readonly href: string }

const address = /\b(?:https?:\/\/|mailto:)[^\s<>"'`\u{202A}-\u{202E}\u{2066}-\u{2069}]+/giu
const trailing = /[.,;:!?…'"»”’]+$/u

/**
 * The address as the browser will follow it, or `undefined` for anything but http, https and mailto, and for
 * addresses that carry a user name (`https://bank.example@evil.example`).
 */
export const safeHref = (raw: string): string | undefined => {
  if (!URL.canParse(raw)) return undefined
  const url = new URL(raw)
  if (url.protocol === 'mailto:') return url.href
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  return url.username === '' && url.password === '' ? url.href : undefined
}

const count = (text: string, letter: string): number => text.split(letter).length - 1

/** Cuts what belongs to the sentence and not to the address: a full stop, a closing bracket that nothing opened. */
const trimAddress = (raw: string): string => {
  let text = raw.replace(trailing, '')
  while (text.endsWith(')') && count(text, ')') > count(text, '(')) text = text.slice(0, -1).replace(trailing, '')
  return text
}

/** Finds bare addresses. The texts joined give the input. */
export const splitLinks = (text: string): readonly TextPart[] => {
  const parts: TextPart[] = []
  let end = 0
  for (const match of text.matchAll(address)) {
    const found = trimAddress(match[0])
    const href = safeHref(found)
    if (href === undefined) continue
    if (match.index > end) parts.push({ type: 'text', text: text.slice(end, match.index) })
    parts.push({ type: 'link', text: found, href })
    end = match.index + found.length
  }
  if (end < text.length) parts.push({ type: 'text', text: text.slice(end) })
  return parts
}

const looksLikeHost = /^(?:[a-z]+:\/\/)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/?#:].*)?$/iu

/** True when a link's words name another host than the one it leads to. */
export const isDeceptive = (words: string, href: string): boolean => {
  const named = looksLikeHost.exec(words.trim())?.[1]
  if (named === undefined || !URL.canParse(href)) return false
  const strip = (host: string) => host.toLowerCase().replace(/^www\./u, '')
  return strip(named) !== strip(new URL(href).hostname)
}
