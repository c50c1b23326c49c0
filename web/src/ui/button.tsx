import type { ComponentProps } from 'react'
import styles from './button.module.css'
import { classNames } from './class-names.ts'
import { Icon, type IconName } from './icon.tsx'

const cx = classNames(styles)

interface ButtonProps extends Omit<ComponentProps<'button'>, 'className'> {
  readonly look?: 'primary' | 'quiet' | 'plain' | 'danger' | 'plainDanger'
  readonly isSmall?: boolean
  readonly isWide?: boolean
  readonly icon?: IconName
}

/** A button with words. One `primary` a screen. */
export function Button({ look = 'quiet', isSmall = false, isWide = false, icon, children, ...rest }: ButtonProps) {
  return (
    <button type="button" className={cx('button', look, isSmall && 'small', isWide && 'wide')} {...rest}>
      {icon !== undefined && <Icon name={icon} size={isSmall ? 16 : 18} />}
      {children}
    </button>
  )
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'className' | 'children'> {
  readonly icon: IconName
  /** What it does; also the tooltip. */
  readonly label: string
  readonly shortcut?: string
}

/** A button that is a glyph; its name is its label. */
export function IconButton({ icon, label, shortcut, ...rest }: IconButtonProps) {
  const title = shortcut === undefined ? label : `${label} (${shortcut})`
  return (
    <button type="button" className={cx('iconButton')} aria-label={label} title={title} {...rest}>
      <Icon name={icon} />
    </button>
  )
}
