import { createDisposables } from '../../ui/view-model.ts'
import type { Session } from '../session.ts'
import type { Tabs } from './tabs.ts'

/** Somebody who did nothing for this long is away. */
export const AWAY_AFTER_MS = 5 * 60_000
/** Online holds for three minutes and becomes away by itself; a page may be woken a minute late. */
export const RENEW_MS = 60_000
/** A tab is visible and was used in the last five minutes. */
const USED = 'used'

type Status = 'online' | 'away'

/**
 * Says that a person is there, as long as the settings let anybody know: online while one of the tabs is visible and
 * was used in the last five minutes, else away. One tab speaks for all. @returns the function that ends it.
 */
export const sharePresence = (session: Session, tabs: Tabs): (() => void) => {
  const { environment, client, me, link } = session
  const owned = createDisposables()
  let usedAt = environment.now()
  let wasUsed = false
  let said: { readonly status: Status; readonly at: number } | undefined
  let cancelTick: (() => void) | undefined

  const isUsed = () => environment.isVisible() && environment.now() - usedAt < AWAY_AFTER_MS
  const maySay = () =>
    tabs.leads.getSnapshot() && link.getSnapshot() === 'open' && me.getSnapshot()?.settings.presence === 'contacts'

  const say = async () => {
    const status: Status = isUsed() || (await tabs.signs()).has(USED) ? 'online' : 'away'
    const now = environment.now()
    if (owned.isDisposed || !maySay()) return
    // Away is said once: another browser that is used says otherwise, and must not be contradicted again and again.
    if (said?.status === status && (status === 'away' || now - said.at < RENEW_MS)) return
    const saying = { status, at: now }
    said = saying
    client.call('presence.set', { status }).catch(() => {
      // The next tick says it again.
      if (said === saying) said = undefined
    })
  }
  const look = () => {
    wasUsed = isUsed()
    tabs.sign(USED, wasUsed)
    if (maySay()) void say()
    else said = undefined
  }
  const tick = () => {
    cancelTick = environment.after(RENEW_MS, tick)
    look()
  }
  owned.add(
    environment.onUse(() => {
      usedAt = environment.now()
      if (!wasUsed) look()
    }),
  )
  for (const model of [me, link, tabs.leads]) owned.add(model.subscribe(look))
  owned.add(environment.onAttention(look))
  owned.add(() => {
    cancelTick?.()
    tabs.sign(USED, false)
  })
  tick()
  return owned.dispose
}
