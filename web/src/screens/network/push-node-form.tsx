import { useState, type FormEvent } from 'react'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { TextField } from '../../ui/field.tsx'
import { useTask } from '../../ui/task.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import { createNodeTest } from './node-test.ts'
import styles from './push-node-form.module.css'
import { TestResult } from './test-result.tsx'
import { readableAddress } from './waiting.ts'

const cx = classNames(styles)
const words = t.reach.nodes

/** A push node by its address or link: to be tried, and to be used. */
export function PushNodeForm() {
  const { session, toasts } = useApp()
  const [text, setText] = useState('')
  const [test] = useState(() => createNodeTest(session.client))
  const { isBusy: isTesting, result } = useViewModel(test)
  const adding = useTask()
  const address = text.trim()
  const add = async (event: FormEvent) => {
    event.preventDefault()
    if (address === '') return
    const known = new Set(session.network.getSnapshot()?.infrastructure.map((each) => each.peerId))
    let added: string = address
    const isAdded = await adding.run(async () => {
      const { infrastructure } = await session.client.call('pushNodes.add', { address })
      added = infrastructure.find(({ peerId }) => !known.has(peerId))?.address ?? added
    })
    if (!isAdded) return
    toasts.show(words.added(readableAddress(added).host))
    setText('')
    test.clear()
  }
  return (
    <form className={cx('form')} onSubmit={(event) => void add(event)}>
      <TextField
        label={words.addLabel}
        placeholder={words.addPlaceholder}
        value={text}
        onText={(next) => {
          setText(next)
          test.clear()
          adding.clear()
        }}
        error={adding.problem}
        data-testid="push-node-address"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
      />
      <div className={cx('buttons')}>
        <Button disabled={address === ''} aria-disabled={isTesting} onClick={() => void test.run(address)}>
          {isTesting ? words.testing : words.test}
        </Button>
        <Button type="submit" disabled={address === '' || adding.isBusy}>
          {words.add}
        </Button>
      </div>
      <TestResult result={result} />
    </form>
  )
}
