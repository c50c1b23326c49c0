import { createCell } from '../../ui/view-model.ts'
import type { Outside } from './attention.ts'
import type { Note, Permission } from './desktop.ts'
import { createTabs } from './tabs.ts'
import type { Tone } from './sounds.ts'

interface ShownNote extends Note {
  isOpen: boolean
}

/** What a test sees of the outside of one tab. */
export interface TestOutside extends Outside {
  /** Every note that was shown, the newest last. */
  readonly notes: readonly ShownNote[]
  /** Those that stand now, as "title: body". */
  standing(): readonly string[]
  readonly tones: readonly Tone[]
  /** Every number that the icon showed. */
  readonly badges: readonly number[]
  asked(): number
}

/** Notes, tones and a badge that a test can look at; `locks` are shared by the tabs of one browser. */
export const createTestOutside = (permission: Permission = 'granted', locks?: LockManager): TestOutside => {
  const cell = createCell(permission)
  const notes: ShownNote[] = []
  const tones: Tone[] = []
  const badges: number[] = []
  let asked = 0
  return {
    notes,
    standing: () => notes.flatMap(({ isOpen, title, body }) => (isOpen ? [`${title}: ${body}`] : [])),
    tones,
    badges,
    asked: () => asked,
    desktop: {
      permission: cell,
      ask: () => {
        asked += 1
        cell.set('granted')
        return Promise.resolve()
      },
      show: (note) => {
        if (cell.getSnapshot() !== 'granted') return undefined
        const shown = { ...note, isOpen: true }
        const former = notes.findLast(({ tag, isOpen }) => isOpen && tag === note.tag)
        if (former !== undefined) former.isOpen = false
        notes.push(shown)
        former?.onClose()
        return () => {
          shown.isOpen = false
          shown.onClose()
        }
      },
    },
    sounds: { play: (tone) => void tones.push(tone) },
    badge: { set: (count) => void badges.push(count) },
    tabs: createTabs(locks),
  }
}
