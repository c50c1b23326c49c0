import type { ReactNode } from 'react'
import { Menu, MenuItem, Separator } from 'react-aria-components/Menu'
import { classNames } from './class-names.ts'
import { Icon, type IconName } from './icon.tsx'
import styles from './menu.module.css'

const cx = classNames(styles)

/** Actions by name; arrow keys move, letters jump. */
export function ActionMenu({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // A menu that opens takes the focus: its keys are why it was opened.
    // oxlint-disable-next-line jsx-a11y/no-autofocus
    <Menu className={cx('menu')} aria-label={label} autoFocus="first">
      {children}
    </Menu>
  )
}

interface ActionProps {
  readonly icon: IconName
  readonly label: string
  readonly isDanger?: boolean
  readonly onAction: () => void
}

export function Action({ icon, label, isDanger = false, onAction }: ActionProps) {
  return (
    <MenuItem className={cx('item', isDanger && 'danger')} textValue={label} onAction={onAction}>
      <Icon name={icon} size={18} />
      {label}
    </MenuItem>
  )
}

export function ActionLine() {
  return <Separator className={cx('line')} />
}
