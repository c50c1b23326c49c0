import { useSyncExternalStore } from 'react'
import type { ViewModel } from './view-model.ts'

/** Renders again after every change of the model's snapshot. */
export const useViewModel = <S>(model: ViewModel<S>): S =>
  useSyncExternalStore(model.subscribe, model.getSnapshot, model.getSnapshot)
