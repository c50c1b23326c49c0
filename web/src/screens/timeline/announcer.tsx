import type { Message } from '@parley/engine/api'
import { t } from '../../locales/index.ts'
import { previewOf } from '../../ui/preview.ts'

const SPOKEN_MAX = 2

/** Lets a screen reader hear what arrives, but not every message of a flood. */
export function Announcer({ messages, name }: { readonly messages: readonly Message[]; readonly name: string }) {
  const text =
    messages.length > SPOKEN_MAX
      ? t.timeline.arrivedMany(messages.length)
      : messages.map((message) => t.timeline.arrived(name, previewOf(message.content))).join('. ')
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {text}
    </div>
  )
}
