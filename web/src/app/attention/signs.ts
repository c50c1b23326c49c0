import { createDisposables } from '../../ui/view-model.ts'
import type { Environment } from '../environment.ts'
import type { Navigation } from '../navigation.ts'
import type { Tabs } from './tabs.ts'

/** A person looks at one of the tabs. */
export const ATTENDED = 'attended'
/** … and has this conversation open there. */
export const attendedSign = (conversation: string): string => `${ATTENDED}/${conversation}`
/** A person is in the middle of writing. */
export const TYPING = 'typing'

/** A pause this long is not the middle of writing any more. */
const TYPING_MS = 3_000

/** Lets the other tabs know what a person does in this one. @returns the function that ends it. */
export const showSigns = (environment: Environment, navigation: Navigation, tabs: Tabs): (() => void) => {
  const owned = createDisposables()
  let open: string | undefined
  let cancelTyping: (() => void) | undefined

  const look = () => {
    const isAttended = environment.isAttended()
    if (isAttended) tabs.lead()
    tabs.sign(ATTENDED, isAttended)
    const { place } = navigation.getSnapshot()
    const now = isAttended && place.type === 'conversation' ? attendedSign(place.conversation) : undefined
    if (open === now) return
    if (open !== undefined) tabs.sign(open, false)
    if (now !== undefined) tabs.sign(now, true)
    open = now
  }
  const stopTyping = () => {
    cancelTyping?.()
    cancelTyping = undefined
    tabs.sign(TYPING, false)
  }
  owned.add(environment.onAttention(look))
  owned.add(navigation.subscribe(look))
  owned.add(
    environment.onUse((use) => {
      if (use !== 'typing') return
      cancelTyping?.()
      tabs.sign(TYPING, true)
      cancelTyping = environment.after(TYPING_MS, stopTyping)
    }),
  )
  owned.add(() => {
    stopTyping()
    tabs.sign(ATTENDED, false)
    if (open !== undefined) tabs.sign(open, false)
  })
  look()
  return owned.dispose
}
