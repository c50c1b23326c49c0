import type { Message } from '@parley/engine/api'
import { t } from '../../locales/index.ts'
import { statusOf, type StatusStep } from '../../ui/message-status.ts'
import { previewOf } from '../../ui/preview.ts'
import type { Names } from './message-tile.tsx'
import type { StepNews } from './timeline-types.ts'

const SPOKEN_MAX = 2

interface AnnouncerProps {
  readonly messages: readonly Message[]
  readonly steps: readonly StepNews[]
  readonly names: Names
}

/** Lets a screen reader hear what arrives, but not every message of a flood; and what became of what was written. */
export function Announcer({ messages, steps, names }: AnnouncerProps) {
  const text =
    messages.length > SPOKEN_MAX
      ? t.timeline.arrivedMany(messages.length)
      : messages.map((message) => t.timeline.arrived(names.them, previewOf(message.content))).join('. ')
  return (
    <>
      <div className="visually-hidden" role="status" aria-live="polite">
        {text}
      </div>
      <div className="visually-hidden" role="status" aria-live="polite">
        {/* The same words about another message are news again. */}
        <span key={steps.map(({ message, step }) => `${message.id} ${step}`).join()}>{stepsInWords(steps, names)}</span>
      </div>
    </>
  )
}

const inOrder: readonly StatusStep[] = ['failed', 'stored', 'arrived']

/** One sentence for each kind of step, however many messages took it. */
export const stepsInWords = (steps: readonly StepNews[], names: Names): string =>
  inOrder
    .flatMap((step) => {
      const of = steps.filter((each) => each.step === step).map((each) => each.message)
      const [first] = of
      if (first === undefined) return []
      const { label } = statusOf(first, { name: names.them, storage: names.storage })
      if (step === 'arrived') return [t.delivery.spoken.arrived(of.length, names.them)]
      return [step === 'stored' && of.length > 1 ? t.delivery.spoken.storedMany(of.length, names.them) : label]
    })
    .join('. ')
