import { useEffect, useRef, useState, type DragEvent, type FormEvent } from 'react'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { PaneHeader } from '../../ui/pane-header.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import { pictureAmong } from './picture.ts'
import { PictureField } from './picture-field.tsx'
import { PreviewCard } from './preview-card.tsx'
import type { ProfileModel, ProfileSnapshot } from './profile-model.ts'
import { profileModelOf } from './profile-models.ts'
import styles from './profile-pane.module.css'
import { SaveBar } from './save-bar.tsx'
import { TextFields } from './text-fields.tsx'
import { VisibilityField } from './visibility-field.tsx'

const cx = classNames(styles)

/** What one says about oneself, and to whom. */
export function ProfilePane() {
  const { session } = useApp()
  const model = profileModelOf(session)
  const profile = useViewModel(model)
  return (
    <section className={cx('pane')} aria-label={t.profile.title} data-testid="profile">
      <PaneHeader title={t.profile.title} />
      {profile !== undefined && <Editor model={model} profile={profile} />}
    </section>
  )
}

interface EditorProps {
  readonly model: ProfileModel
  readonly profile: ProfileSnapshot
}

function Editor({ model, profile }: EditorProps) {
  const { isOver, ...dropping } = useDropping((file) => void model.choosePicture(file))
  usePasting(model)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void model.save()
  }
  return (
    <form className={cx('form')} onSubmit={submit} noValidate {...dropping}>
      <div className={cx('scroller')}>
        <div className={cx('columns')}>
          <div className={cx('column')}>
            <p className={cx('lead')}>{t.profile.editor.lead}</p>
            <PictureField model={model} profile={profile} isOver={isOver} />
            <TextFields model={model} profile={profile} />
            <VisibilityField model={model} profile={profile} />
          </div>
          <PreviewCard profile={profile} />
        </div>
      </div>
      <SaveBar model={model} profile={profile} />
    </form>
  )
}

/** Pictures that are dropped anywhere on the form. */
const useDropping = (take: (file: File) => void) => {
  const [isOver, setOver] = useState(false)
  // Entering a child comes before leaving its parent.
  const depth = useRef(0)
  const hasFile = (event: DragEvent) => event.dataTransfer.types.includes('Files')
  const end = () => {
    depth.current = 0
    setOver(false)
  }
  return {
    isOver,
    onDragEnter: (event: DragEvent) => {
      if (!hasFile(event)) return
      depth.current += 1
      setOver(true)
    },
    onDragLeave: (event: DragEvent) => {
      if (!hasFile(event)) return
      depth.current -= 1
      if (depth.current <= 0) end()
    },
    onDragOver: (event: DragEvent) => {
      if (hasFile(event)) event.preventDefault()
    },
    onDrop: (event: DragEvent) => {
      if (!hasFile(event)) return
      event.preventDefault()
      end()
      const file = pictureAmong(event.dataTransfer) ?? event.dataTransfer.files[0]
      if (file !== undefined) take(file)
    },
  }
}

/** A picture that is pasted, wherever the focus is; text is left to the fields. */
const usePasting = (model: ProfileModel) => {
  useEffect(() => {
    const onPaste = (event: ClipboardEvent) => {
      const file = pictureAmong(event.clipboardData)
      if (file === undefined || event.defaultPrevented) return
      event.preventDefault()
      void model.choosePicture(file)
    }
    window.addEventListener('paste', onPaste)
    return () => window.removeEventListener('paste', onPaste)
  }, [model])
}
