import { useRef } from 'react'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { WhoLearns } from '../../ui/who-learns.tsx'
import { OwnPicture } from './own-picture.tsx'
import type { ProfileModel, ProfileSnapshot } from './profile-model.ts'
import styles from './profile-pane.module.css'

const cx = classNames(styles)

interface PictureFieldProps {
  readonly model: ProfileModel
  readonly profile: ProfileSnapshot
  /** Something is dragged over the form. */
  readonly isOver: boolean
}

/** Chooses the picture by file, drop or paste, and shows it before it is saved. */
export function PictureField({ model, profile, isOver }: PictureFieldProps) {
  const input = useRef<HTMLInputElement>(null)
  const { picture, isPreparing, pictureProblem } = profile
  const hasPicture = picture.type === 'chosen' || (picture.type === 'kept' && picture.cid !== undefined)
  const words = t.profile.editor
  const chooseWord = hasPicture ? words.chooseOther : words.choose
  return (
    <section className={cx('picture', isOver && 'over')} aria-label={words.picture}>
      <OwnPicture profile={profile} size="huge" />
      <div className={cx('pictureWords')}>
        <div className={cx('buttons')}>
          <Button isSmall disabled={isPreparing} onClick={() => input.current?.click()}>
            {isPreparing ? words.preparing : chooseWord}
          </Button>
          {hasPicture && (
            <Button look="plain" isSmall disabled={isPreparing} onClick={model.removePicture}>
              {words.remove}
            </Button>
          )}
        </div>
        <input
          ref={input}
          className="visually-hidden"
          type="file"
          accept="image/*"
          tabIndex={-1}
          aria-label={chooseWord}
          data-testid="picture-file"
          onChange={(event) => {
            const file = event.target.files?.[0]
            // The same file again is a change again.
            event.target.value = ''
            if (file !== undefined) void model.choosePicture(file)
          }}
        />
        <p className={cx('hint')}>{isOver ? words.drop : words.pictureHint}</p>
        {pictureProblem !== undefined && (
          <p className={cx('problem')} role="alert">
            {pictureProblem}
          </p>
        )}
        <WhoLearns text={t.profile.learns.picture} />
      </div>
    </section>
  )
}
