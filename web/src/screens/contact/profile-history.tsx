import type { Profile } from '@parley/engine/api'
import { useEffect, useState } from 'react'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { useTask } from '../../ui/task.ts'
import { plainDate } from '../../ui/time.ts'
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
  const { client } = session
  const [profiles, setProfiles] = useState<readonly Profile[]>()
  const { run, problem } = useTask()
  useEffect(() => {
    let isOver = false
    const read = () =>
      run(async () => {
        const found = await client.call('profiles.history', { account })
        if (!isOver) setProfiles(found)
      })
    void read()
    const end = client.on('profiles.changed', (event) => {
      if (event.profiles.some((profile) => profile.account === account)) void read()
    })
    return () => {
      isOver = true
      end()
    }
    // `run` is a new function with every render and does the same.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [client, account])
  if (problem !== undefined) return <p className={cx('problem')}>{problem}</p>
  if (profiles === undefined) return <p className={cx('hint')}>{words.loading}</p>
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
