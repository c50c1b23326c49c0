import { Suspense, useEffect, useState, type FormEvent } from 'react'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { TextArea, TextField } from '../../ui/field.tsx'
import { useTask } from '../../ui/task.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import styles from './ask-form.module.css'
import { personIdOf } from '../profile/person-id.ts'
import { part } from '../../ui/part.ts'
import { createPreviewModel } from './preview-model.ts'

const cx = classNames(styles)
const Scanner = part(async () => (await import('./scanner.tsx')).Scanner)
const InvitePreviewCard = part(async () => (await import('./invite-preview.tsx')).InvitePreviewCard)
const FindPerson = part(async () => (await import('../profile/find-person.tsx')).FindPerson)

const REQUEST_TEXT_LETTERS_MAX = 1_000

/** Asks the person behind a link for contact. */
export function AskForm({ isShort = false, onDone }: { readonly isShort?: boolean; readonly onDone: () => void }) {
  const { session, navigation, toasts } = useApp()
  const [link, setLink] = useState('')
  const [text, setText] = useState('')
  const [isScanning, setScanning] = useState(false)
  const [usesPushNodes, setUsesPushNodes] = useState(false)
  const { run, isBusy, problem, clear } = useTask()
  const [previewed] = useState(() => createPreviewModel(session))
  useEffect(() => previewed.dispose, [previewed])
  const { preview, problem: useless } = useViewModel(previewed)
  const take = (next: string) => {
    setLink(next)
    setUsesPushNodes(false)
    clear()
    previewed.setLink(personIdOf(next) === undefined ? next : '')
  }
  const ask = (target: string) =>
    run(async () => {
      const note = text.trim() === '' ? {} : { text: text.trim() }
      const consent = usesPushNodes ? { usePushNodes: true } : {}
      const conversation = await session.client.call('contacts.add', { link: target.trim(), ...note, ...consent })
      toasts.show(t.add.asked(conversation.name))
      onDone()
      navigation.openConversation(conversation.id)
    })
  const person = personIdOf(link)
  const card = preview !== undefined && (
    <Suspense fallback={null}>
      <InvitePreviewCard preview={preview} usesPushNodes={usesPushNodes} onUsePushNodes={setUsesPushNodes} />
    </Suspense>
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // An id is looked up first, by a button of its own.
    if (person === undefined) void ask(link)
  }
  return (
    <form className={cx('form')} onSubmit={submit}>
      <div className={cx(isShort ? 'line' : 'stack')}>
        <TextField
          label={isShort ? t.empty.pasteLabel : t.add.linkLabel}
          placeholder={t.empty.pastePlaceholder}
          value={link}
          onText={take}
          error={problem ?? useless}
          data-testid="paste-invite"
          autoComplete="off"
          spellCheck={false}
        />
        {!isShort && card}
        {!isShort && (
          <TextArea
            label={t.add.textLabel}
            placeholder={t.add.textPlaceholder}
            value={text}
            onText={setText}
            rows={2}
            maxLength={REQUEST_TEXT_LETTERS_MAX}
          />
        )}
        {person === undefined && (
          <Button
            look={isShort ? 'quiet' : 'primary'}
            type="submit"
            isWide={!isShort}
            disabled={link.trim() === '' || isBusy}
          >
            {isShort ? t.empty.ask : t.add.ask}
          </Button>
        )}
      </div>
      {isShort && card}
      {person !== undefined && (
        <Suspense fallback={null}>
          <FindPerson key={person} id={person} isBusy={isBusy} onAsk={(invite) => void ask(invite)} />
        </Suspense>
      )}
      {!isShort &&
        (isScanning ? (
          <Suspense fallback={null}>
            <Scanner
              onFound={(found) => {
                setScanning(false)
                take(found)
              }}
            />
          </Suspense>
        ) : (
          <Button look="plain" icon="camera" isWide onClick={() => setScanning(true)}>
            {t.add.scan}
          </Button>
        ))}
    </form>
  )
}
