import { t } from '../../locales/index.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { classNames } from '../../ui/class-names.ts'
import styles from './own-picture.module.css'
import type { ProfileSnapshot } from './profile-model.ts'

const cx = classNames(styles)

interface OwnPictureProps {
  readonly profile: ProfileSnapshot
  readonly size: 'huge' | 'large' | 'medium'
}

/** One's picture as it will be: the saved one, the chosen one, or initials. */
export function OwnPicture({ profile: { own, fields, picture }, size }: OwnPictureProps) {
  const cid = picture.type === 'kept' ? picture.cid : undefined
  const { preview } = picture.type === 'chosen' ? picture.picture : { preview: undefined }
  return (
    <span className={cx('frame', size)}>
      <Avatar
        account={own.account}
        name={fields.name.value}
        size={size === 'medium' ? 'medium' : 'large'}
        picture={cid}
      />
      {preview !== undefined && (
        <canvas
          className={cx('canvas')}
          role="img"
          aria-label={t.profile.editor.pictureAlt}
          ref={(canvas) => {
            if (canvas !== null) paint(canvas, preview)
          }}
        />
      )}
    </span>
  )
}

const SIDE = 256

const paint = (canvas: HTMLCanvasElement, image: CanvasImageSource) => {
  canvas.width = SIDE
  canvas.height = SIDE
  const context = canvas.getContext('2d')
  if (context === null) return
  context.imageSmoothingQuality = 'high'
  context.drawImage(image, 0, 0, SIDE, SIDE)
}
