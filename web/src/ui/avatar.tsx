import type { Presence } from '@parley/engine/api'
import { memo, useEffect, useState } from 'react'
import { avatarHue, createMissingPictures, initialsOf, pictureUrl } from './avatar-model.ts'
import styles from './avatar.module.css'
import { classNames } from './class-names.ts'

const cx = classNames(styles)
const missing = createMissingPictures(() => Date.now())

interface AvatarProps {
  readonly account: string
  readonly name: string
  readonly size?: 'small' | 'medium' | 'large'
  /** CID of the picture. */
  readonly picture?: string | undefined
  /** A dot for those who are there; the word for it stands beside the name. */
  readonly presence?: Presence['status']
}

/**
 * The picture, until it is there and when there is none initials on a hue of the account. Its size is the same with
 * either. Decoration: the name always stands beside it.
 */
export const Avatar = memo(function Avatar({ account, name, size = 'medium', picture, presence }: AvatarProps) {
  return (
    <span className={cx('avatar', size)} style={{ '--hue': avatarHue(account) }} aria-hidden="true">
      {initialsOf(name)}
      {picture !== undefined && <Picture key={picture} cid={picture} />}
      {(presence === 'online' || presence === 'away') && <span className={cx('dot', presence)} />}
    </span>
  )
})

function Picture({ cid }: { readonly cid: string }) {
  const [isShown, setShown] = useState(false)
  const [isMissing, setMissing] = useState(() => missing.waitMs(cid) > 0)
  useEffect(() => {
    if (!isMissing) return undefined
    const timer = setTimeout(() => setMissing(false), missing.waitMs(cid))
    return () => clearTimeout(timer)
  }, [cid, isMissing])
  if (isMissing) return null
  const show = () => {
    missing.found(cid)
    setShown(true)
  }
  return (
    <img
      // One that is kept by the browser is there in the same frame.
      ref={(image) => {
        if (image !== null && image.complete && image.naturalWidth > 0) show()
      }}
      className={cx('picture', isShown && 'shown')}
      src={pictureUrl(cid)}
      alt=""
      decoding="async"
      loading="lazy"
      draggable={false}
      onLoad={show}
      onError={() => {
        missing.failed(cid)
        setShown(false)
        setMissing(true)
      }}
    />
  )
}
