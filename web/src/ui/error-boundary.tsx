import { Component, type ReactNode } from 'react'
import { t } from '../locales/index.ts'
import { Button } from './button.tsx'
import { classNames } from './class-names.ts'
import styles from './pane-note.module.css'

const cx = classNames(styles)

interface Props {
  readonly children: ReactNode
}

interface State {
  readonly message?: string | undefined
}

/** Keeps a broken pane from taking the page along. Another `key` gives the pane a fresh start. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = {}

  static getDerivedStateFromError(error: unknown) {
    return { message: error instanceof Error ? error.message : String(error) }
  }

  override render() {
    const { message } = this.state
    if (message === undefined) return this.props.children
    return (
      <div className={cx('note')} role="alert">
        <h2>{t.errors.pane}</h2>
        <p>{t.errors.paneHint}</p>
        <code>{message}</code>
        <Button onClick={() => this.setState({ message: undefined })}>{t.errors.paneRetry}</Button>
      </div>
    )
  }
}
