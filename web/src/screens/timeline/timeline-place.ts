import type { Environment } from '../../app/environment.ts'
import type { Anchor } from './timeline-types.ts'

const keyOf = (conversation: string) => `parley.place.${conversation}`
const MESSAGE_ID = /^01[0-9a-f]{62}$/u

/** Keeps where the reader of a conversation is for the tab's next life; `undefined` is the end. */
export const keepPlace = (tab: Environment['tab'], conversation: string, anchor: Anchor | undefined): void => {
  if (anchor !== undefined) tab.keep(keyOf(conversation), JSON.stringify(anchor))
}

/** What {@link keepPlace} kept in the tab's last life, once; anything odd is nothing. */
export const takePlace = (tab: Environment['tab'], conversation: string): Anchor | undefined => {
  const kept = tab.take(keyOf(conversation))
  if (kept === undefined) return undefined
  try {
    const { key, offset }: Record<string, unknown> = JSON.parse(kept)
    return typeof key === 'string' && MESSAGE_ID.test(key) && typeof offset === 'number' ? { key, offset } : undefined
  } catch {
    return undefined
  }
}
