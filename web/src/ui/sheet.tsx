import type { ReactNode } from 'react'
import { Dialog } from 'react-aria-components/Dialog'
import { Heading } from 'react-aria-components/Heading'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import { t } from '../locales/index.ts'
import { IconButton } from './button.tsx'
import { classNames } from './class-names.ts'
import styles from './sheet.module.css'

const cx = classNames(styles)

interface SheetProps {
  readonly title: string
  readonly onClose: () => void
  readonly isWide?: boolean
  /** An alert asks before something that cannot be taken back. */
  readonly isAlert?: boolean
  readonly hasHeader?: boolean
  readonly children: ReactNode
}

/** A layer above the page: in the middle, on a narrow screen from below. Escape and a press beside it close it. */
export function Sheet(props: SheetProps) {
  const { title, onClose, isWide = false, isAlert = false, hasHeader = true, children } = props
  return (
    <ModalOverlay
      className={cx('overlay')}
      isOpen
      isDismissable
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose()
      }}
    >
      <Modal className={cx('modal', isWide && 'wide')}>
        <Dialog className={cx('dialog')} role={isAlert ? 'alertdialog' : 'dialog'} aria-label={title}>
          {hasHeader && (
            <header className={cx('header')}>
              <Heading slot="title" level={2}>
                {title}
              </Heading>
              <IconButton icon="close" label={t.app.close} onClick={onClose} />
            </header>
          )}
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
