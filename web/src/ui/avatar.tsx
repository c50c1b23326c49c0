import { memo } from 'react'
import { avatarHue, initialsOf } from './avatar-model.ts'
import styles from './avatar.module.css'
import { classNames } from './class-names.ts'

const cx = classNames(styles)

interface AvatarProps {
  readonly account: string
  readonly name: string
  readonly size?: 'small' | 'medium' | 'large'
  readonly isConnected?: boolean
}

/** Initials on a hue of the account. Decoration: the name always stands beside it. */
export const Avatar = memo(function Avatar({ account, name, size = 'medium', isConnected = false }: AvatarProps) {
  return (
    <span className={cx('avatar', size)} style={{ '--hue': avatarHue(account) }} aria-hidden="true">
      {initialsOf(name)}
      {isConnected && <span className={cx('dot')} />}
    </span>
  )
})
