import { useRef, type ReactNode } from 'react'
import { Dialog } from 'react-aria-components/Dialog'
import { Popover } from 'react-aria-components/Popover'
import { classNames } from './class-names.ts'
import styles from './popup.module.css'

const cx = classNames(styles)

interface PopupProps {
  readonly label: string
  /** Where on the screen, in px. */
  readonly at: { readonly x: number; readonly y: number }
  readonly placement?: 'bottom start' | 'top end' | 'bottom end' | 'top start'
  readonly onClose: () => void
  readonly children: ReactNode
}

/** Something small that belongs to a point on the screen. */
export function Popup({ label, at, placement = 'bottom start', onClose, children }: PopupProps) {
  const anchor = useRef<HTMLSpanElement>(null)
  return (
    <>
      <span ref={anchor} className={cx('anchor')} style={{ insetBlockStart: at.y, left: at.x }} />
      <Popover
        className={cx('popup')}
        triggerRef={anchor}
        isOpen
        placement={placement}
        offset={4}
        onOpenChange={(isOpen) => {
          if (!isOpen) onClose()
        }}
      >
        <Dialog className={cx('content')} aria-label={label}>
          {children}
        </Dialog>
      </Popover>
    </>
  )
}
