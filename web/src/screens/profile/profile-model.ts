import type { ApiClient, OwnProfile, Visibility } from '@parley/engine/api'
import { reasonOf } from '../../app/reason.ts'
import { t } from '../../locales/index.ts'
import { createCell, type ViewModel } from '../../ui/view-model.ts'
import { makePicture, type ChosenPicture, type PictureOutcome, type PictureRefusal } from './picture.ts'

/** Letters, as code points. */
export const LETTERS_MAX = { name: 40, handle: 40, location: 40, about: 10_000 } as const

export type ProfileField = keyof typeof LETTERS_MAX
const fieldNames: readonly ProfileField[] = ['name', 'handle', 'location', 'about']

export interface FieldState {
  readonly value: string
  readonly used: number
  readonly max: number
  /** What has to be changed before it can be saved, in words. */
  readonly problem?: string
}

/** kept: the one that is saved, if any. */
export type PictureState =
  | { readonly type: 'kept'; readonly cid?: string | undefined }
  | { readonly type: 'chosen'; readonly picture: ChosenPicture }
  | { readonly type: 'removed' }

export interface ProfileSnapshot {
  /** What is saved. */
  readonly own: OwnProfile
  readonly fields: Readonly<Record<ProfileField, FieldState>>
  readonly visibility: Visibility
  readonly picture: PictureState
  readonly isPreparing: boolean
  readonly pictureProblem?: string | undefined
  readonly isChanged: boolean
  readonly canSave: boolean
  /** What became of the last try to save. */
  readonly saving: 'no' | 'busy' | 'saved'
  readonly problem?: string | undefined
}

/** One's own profile while it is edited. What was typed stays until it is saved or discarded, wherever one goes. */
export interface ProfileModel extends ViewModel<ProfileSnapshot | undefined> {
  setField(field: ProfileField, value: string): void
  setVisibility(visibility: Visibility): void
  /** Takes the middle of a picture file. */
  choosePicture(file: Blob): Promise<void>
  removePicture(): void
  /** @returns a way back, as long as nothing else was typed. */
  discard(): () => void
  /** @returns whether all of it is saved. */
  save(): Promise<boolean>
}

interface Ports {
  readonly client: Pick<ApiClient, 'call'>
  /** What is saved, as far as it is known. */
  readonly profile: ViewModel<OwnProfile | undefined>
  readonly prepare?: (file: Blob) => Promise<PictureOutcome>
}

interface Typed {
  readonly fields: Partial<Record<ProfileField, string>>
  readonly visibility?: Visibility
  readonly picture?: ChosenPicture | 'removed'
}

type Progress = Pick<ProfileSnapshot, 'isPreparing' | 'pictureProblem' | 'saving' | 'problem'>

const refusals: Readonly<Record<PictureRefusal, string>> = {
  unreadable: t.profile.editor.notAPicture,
  'too-large': t.profile.editor.pictureTooLarge,
  'too-detailed': t.profile.editor.pictureTooDetailed,
}

const lettersOf = (text: string): number => {
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** What is meant by what was typed: no room around it, no sign before a handle. */
const cleaned = (field: ProfileField, text: string): string => {
  if (field === 'handle') return text.trim().replace(/^@+/u, '')
  return field === 'about' ? text.trimEnd() : text.trim()
}

const problemOf = (field: ProfileField, text: string, used: number): string | undefined => {
  const words = t.profile.editor
  if (used > LETTERS_MAX[field]) return words.tooLong(used - LETTERS_MAX[field])
  if (field === 'name' && text === '') return words.nameMissing
  if (field === 'handle' && /[\s@]/u.test(text)) return words.handleOdd
  return undefined
}

const fieldState = (field: ProfileField, value: string): FieldState => {
  const text = cleaned(field, value)
  const used = lettersOf(text)
  const problem = problemOf(field, text, used)
  return { value, used, max: LETTERS_MAX[field], ...(problem === undefined ? {} : { problem }) }
}

const pictureState = (own: OwnProfile, typed: Typed['picture']): PictureState => {
  if (typed === undefined) return { type: 'kept', cid: own.avatar }
  return typed === 'removed' ? { type: 'removed' } : { type: 'chosen', picture: typed }
}

/** Fields that say something else than what is saved. */
const changesOf = (own: OwnProfile, { fields, visibility }: Typed) => {
  const changes: Partial<Record<ProfileField, string>> & { visibility?: Visibility } = {}
  for (const field of fieldNames) {
    const value = fields[field]
    if (value !== undefined && cleaned(field, value) !== own[field]) changes[field] = cleaned(field, value)
  }
  if (visibility !== undefined && visibility !== own.visibility) changes.visibility = visibility
  return changes
}

const snapshotOf = (own: OwnProfile, typed: Typed, progress: Progress): ProfileSnapshot => {
  const state = (field: ProfileField) => fieldState(field, typed.fields[field] ?? own[field])
  const fields = {
    name: state('name'),
    handle: state('handle'),
    location: state('location'),
    about: state('about'),
  }
  const isChanged = Object.keys(changesOf(own, typed)).length > 0 || typed.picture !== undefined
  const isFine = fieldNames.every((field) => fields[field].problem === undefined)
  const canSave = isChanged && isFine && progress.saving !== 'busy' && !progress.isPreparing
  const visibility = typed.visibility ?? own.visibility
  const saving = isChanged && progress.saving === 'saved' ? 'no' : progress.saving
  return { own, fields, visibility, picture: pictureState(own, typed.picture), isChanged, canSave, ...progress, saving }
}

/** What was typed since: the rest is saved. */
const typedSince = (before: Typed, now: Typed): Typed => {
  const fields: Typed['fields'] = {}
  for (const field of fieldNames) {
    const value = now.fields[field]
    if (value !== undefined && value !== before.fields[field]) fields[field] = value
  }
  const { visibility, ...others } = now
  const isOther = visibility !== undefined && visibility !== before.visibility
  return { ...others, fields, ...(isOther ? { visibility } : {}) }
}

const withoutPicture = ({ picture: _picture, ...others }: Typed): Typed => others

const idle: Progress = { isPreparing: false, pictureProblem: undefined, saving: 'no', problem: undefined }

/** What is saved, what was typed over it, and how it stands. */
const createDraft = (profile: Ports['profile']) => {
  const cell = createCell<ProfileSnapshot | undefined>(undefined)
  let own: OwnProfile | undefined
  let typed: Typed = { fields: {} }
  let progress = idle
  const show = () => cell.set(own === undefined ? undefined : snapshotOf(own, typed, progress))
  /** What came last wins: a command answers before the list of changes does. */
  const take = (next: OwnProfile | undefined) => {
    if (next !== undefined && next.version >= (own?.version ?? 0)) own = next
    show()
  }
  profile.subscribe(() => take(profile.getSnapshot()))
  take(profile.getSnapshot())
  return {
    getSnapshot: cell.getSnapshot,
    subscribe: cell.subscribe,
    take,
    own: () => own,
    typed: () => typed,
    /** By the person: whatever was said of the last try is over. */
    type: (next: Typed) => {
      typed = next
      progress = { ...progress, saving: progress.saving === 'busy' ? 'busy' : 'no', problem: undefined }
      show()
    },
    /** By us: what was typed is saved, or put away. */
    settle: (next: Typed) => {
      typed = next
    },
    tell: (next: Partial<Progress>) => {
      progress = { ...progress, ...next }
      show()
    },
  }
}

type Draft = ReturnType<typeof createDraft>

const savePicture = async (client: Ports['client'], draft: Draft, { picture }: Typed): Promise<boolean> => {
  if (picture === undefined) return false
  draft.take(await client.call('profile.setAvatar', { image: picture === 'removed' ? '' : picture.base64 }))
  if (draft.typed().picture === picture) draft.settle(withoutPicture(draft.typed()))
  return true
}

const saveTexts = async (client: Ports['client'], draft: Draft, before: Typed): Promise<void> => {
  const own = draft.own()
  const changes = own === undefined ? {} : changesOf(own, before)
  if (Object.keys(changes).length > 0) draft.take(await client.call('profile.update', changes))
  draft.settle(typedSince(before, draft.typed()))
}

export const createProfileModel = ({ client, profile, prepare = makePicture }: Ports): ProfileModel => {
  const draft = createDraft(profile)
  const { type, tell, typed } = draft
  return {
    getSnapshot: draft.getSnapshot,
    subscribe: draft.subscribe,
    setField: (field, value) => type({ ...typed(), fields: { ...typed().fields, [field]: value } }),
    setVisibility: (visibility) => type({ ...typed(), visibility }),
    choosePicture: async (file) => {
      if (draft.getSnapshot()?.isPreparing !== false) return
      tell({ isPreparing: true, pictureProblem: undefined })
      const outcome = await prepare(file)
      tell({ isPreparing: false, ...(outcome.ok ? {} : { pictureProblem: refusals[outcome.refusal] }) })
      if (outcome.ok) type({ ...typed(), picture: outcome.picture })
    },
    removePicture: () => {
      tell({ pictureProblem: undefined })
      const others = withoutPicture(typed())
      type(draft.own()?.avatar === undefined ? others : { ...others, picture: 'removed' })
    },
    discard: () => {
      const before = typed()
      const after: Typed = { fields: {} }
      draft.settle(after)
      tell(idle)
      return () => {
        if (typed() === after) type(before)
      }
    },
    save: async () => {
      if (draft.getSnapshot()?.canSave !== true) return false
      const before = typed()
      tell({ saving: 'busy', problem: undefined })
      let isPictureSaved = false
      try {
        isPictureSaved = await savePicture(client, draft, before)
        await saveTexts(client, draft, before)
        tell({ saving: 'saved', pictureProblem: undefined })
        return true
      } catch (error) {
        const reason = reasonOf(error)
        tell({ saving: 'no', problem: isPictureSaved ? t.profile.editor.pictureSavedOnly(reason) : reason })
        return false
      }
    },
  }
}
