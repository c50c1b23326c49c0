import { useEffect, useState } from 'react'
import { useApp } from '../../app/context.ts'
import { createLiveModel } from '../../app/live-model.ts'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { plainDate } from '../../ui/time.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import styles from './contact-pane.module.css'
import { versionRows, type FactChange, type VersionRow } from './history-model.ts'

const cx = classNames(styles)
const words = t.profile.contact
/** Of a long text its beginning. */
const LETTERS_SHOWN_MAX = 120

/** What they said of themselves before, read when somebody wants to know. */
export function ProfileHistory({ account }: { readonly account: string }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details className={cx('history')} open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.history}</summary>
      {isOpen && <Versions account={account} />}
    </details>
  )
}

function Versions({ account }: { readonly account: string }) {
  const { session } = useApp()
  const [model] = useState(() => createLiveModel(session.client, session.environment, 'profiles.history', { account }))
  useEffect(() => model.dispose, [model])
  const profiles = useViewModel(model)
  if (profiles === undefined) return null
  const rows = versionRows(profiles)
  if (rows.length < 2) return <p className={cx('hint')}>{words.historyNone}</p>
  return (
    <>
      <p className={cx('hint')}>{words.historyLead}</p>
      <ol className={cx('versions')}>
        {rows.map((row) => (
          <Version key={row.version} row={row} />
        ))}
      </ol>
    </>
  )
}

const summaryOf = ({ changes, isFirst }: VersionRow): string => {
  if (isFirst) return words.historyFirst
  if (changes.length === 0) return words.unchanged
  return words.changedFields(changes.map(({ fact }) => words.fields[fact]))
}

function Version({ row }: { readonly row: VersionRow }) {
  const spoken = row.changes.filter(({ after }) => after !== undefined)
  return (
    <li className={cx('version')}>
      <span className={cx('versionHead')}>
        <span>{summaryOf(row)}</span>
        <time>{plainDate(row.changedAt)}</time>
      </span>
      {spoken.map((change) => (
        <Change key={change.fact} change={change} />
      ))}
    </li>
  )
}

function Change({ change: { before = '', after = '' } }: { readonly change: FactChange }) {
  return (
    <span className={cx('change')}>
      {before !== '' && (
        <>
          <span className="visually-hidden">{words.before}: </span>
          <del dir="auto">{shown(before)}</del>
        </>
      )}
      {after !== '' && (
        <>
          <span className="visually-hidden">{words.after}: </span>
          <ins dir="auto">{shown(after)}</ins>
        </>
      )}
    </span>
  )
}

const shown = (text: string): string => {
  const letters = [...text.slice(0, LETTERS_SHOWN_MAX * 2)]
  return letters.length > LETTERS_SHOWN_MAX ? `${letters.slice(0, LETTERS_SHOWN_MAX).join('')}…` : text
}
