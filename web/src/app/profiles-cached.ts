import type { Profile } from '@parley/engine/api'
import { useEffect, useMemo } from 'react'
import { createCell } from '../ui/view-model.ts'
import { useViewModel } from '../ui/use-view-model.ts'
import { useApp } from './context.ts'
import { createLiveModel } from './live-model.ts'

const nobody = { ...createCell(undefined), dispose: () => {} }

/** What is kept here of these people, by account, and what comes later. Asks nobody. */
export const useCachedProfiles = (accounts: readonly string[]): ReadonlyMap<string, Profile> => {
  const { session } = useApp()
  const key = accounts.join(' ')
  const model = useMemo(() => {
    const ids = key === '' ? [] : key.split(' ')
    const { client, environment } = session
    return ids.length === 0 ? nobody : createLiveModel(client, environment, 'profiles.cached', { ids })
  }, [session, key])
  useEffect(() => model.dispose, [model])
  const answers = useViewModel(model)
  return useMemo(() => {
    const known = new Map<string, Profile>()
    for (const { id, profile } of answers ?? []) if (profile !== undefined) known.set(id, profile)
    return known
  }, [answers])
}
