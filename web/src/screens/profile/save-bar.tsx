import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import type { ProfileModel, ProfileSnapshot } from './profile-model.ts'
import styles from './profile-pane.module.css'

const cx = classNames(styles)

const words = t.profile.editor

/** How it stands, in words. */
const stateOf = ({ saving, isChanged, canSave, isPreparing, own }: ProfileSnapshot): string => {
  if (saving === 'busy') return words.saving
  if (isPreparing) return words.preparing
  if (isChanged) return canSave ? words.unsaved : words.fix
  if (saving === 'no') return words.saved
  return own.visibility === 'public' ? words.savedPublic : words.savedContacts
}

/** Whether it is saved, why not, and how it gets there; always in the same place. */
export function SaveBar({ model, profile }: { readonly model: ProfileModel; readonly profile: ProfileSnapshot }) {
  const { saving, isChanged, canSave, problem } = profile
  const { toasts } = useApp()
  const isBusy = saving === 'busy'
  const discard = () => {
    const undo = model.discard()
    toasts.show(words.discarded, { label: t.app.undo, run: undo })
  }
  return (
    <footer className={cx('saveBar')}>
      {problem === undefined ? (
        <p className={cx('state')} role="status">
          {!isChanged && !isBusy && <Icon name="check" size={16} />}
          {stateOf(profile)}
        </p>
      ) : (
        <p className={cx('state', 'problem')} role="alert">
          <Icon name="warning" size={16} />
          {problem}
        </p>
      )}
      <div className={cx('buttons')}>
        {isChanged && (
          <Button look="plain" disabled={isBusy} onClick={discard}>
            {words.discard}
          </Button>
        )}
        <Button look="primary" type="submit" disabled={!canSave}>
          {words.save}
        </Button>
      </div>
    </footer>
  )
}
