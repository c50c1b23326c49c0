import { flushSync } from 'react-dom'
import type { Transition } from './navigation.ts'

const narrow = '(width < 600px) and (prefers-reduced-motion: no-preference)'

/** On a narrow screen, a conversation slides in over the list and out again; elsewhere both are there already. */
export const slide: Transition = (from, to, update) => {
  const isIn = from.type === 'home' && to.type === 'conversation'
  const isOut = from.type === 'conversation' && to.type === 'home'
  if (!(isIn || isOut) || !matchMedia(narrow).matches || !('startViewTransition' in document)) {
    update()
    return
  }
  document.documentElement.dataset['slide'] = isIn ? 'in' : 'out'
  document.startViewTransition(() => flushSync(update))
}
