import { t } from '../../locales/index.ts'
import { Handle, Place } from '../../ui/avatar-facts.tsx'
import { classNames } from '../../ui/class-names.ts'
import { OwnPicture } from './own-picture.tsx'
import type { ProfileSnapshot } from './profile-model.ts'
import styles from './preview-card.module.css'

const cx = classNames(styles)

/** How others will see it, while it is typed. */
export function PreviewCard({ profile }: { readonly profile: ProfileSnapshot }) {
  const { fields, visibility } = profile
  const about = fields.about.value.trim()
  return (
    <aside className={cx('preview')} aria-label={t.profile.editor.preview[visibility]}>
      <h3 className={cx('title')}>{t.profile.editor.preview[visibility]}</h3>
      <div className={cx('card')}>
        <OwnPicture profile={profile} size="large" />
        <bdi className={cx('name')}>{fields.name.value.trim() || t.app.nameless}</bdi>
        <span className={cx('facts')}>
          <Handle handle={fields.handle.value.trim().replace(/^@+/u, '')} />
          <Place location={fields.location.value.trim()} />
        </span>
        <p className={cx('about', about === '' && 'none')} dir="auto">
          {about === '' ? t.profile.editor.previewEmpty : about}
        </p>
      </div>
      {visibility === 'contacts' && <p className={cx('note')}>{t.profile.editor.strangersSee}</p>}
    </aside>
  )
}
