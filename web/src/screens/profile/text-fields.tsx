import { useId, type ComponentProps, type ReactNode } from 'react'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { TextArea, TextField } from '../../ui/field.tsx'
import type { FieldState, ProfileField, ProfileModel, ProfileSnapshot } from './profile-model.ts'
import styles from './profile-pane.module.css'

const cx = classNames(styles)
/** Fewer letters than that are left: worth saying aloud. */
const NEAR_END = 5

interface TextFieldsProps {
  readonly model: ProfileModel
  readonly profile: ProfileSnapshot
}

/** Name, handle, place and words, each with its count of letters. */
export function TextFields({ model, profile }: TextFieldsProps) {
  const words = t.profile.editor
  const fieldOf = (field: ProfileField, rest: Pick<ComponentProps<'input'>, 'autoComplete' | 'placeholder'> = {}) => ({
    label: words[field],
    value: profile.fields[field].value,
    error: profile.fields[field].problem,
    onText: (text: string) => model.setField(field, text),
    ...rest,
  })
  const { name, handle, location, about } = profile.fields
  return (
    <div className={cx('fields')}>
      <Counted state={name}>
        <TextField {...fieldOf('name', { autoComplete: 'name' })} hint={words.nameHint} />
      </Counted>
      <Counted state={handle}>
        <TextField
          {...fieldOf('handle', { autoComplete: 'off' })}
          hint={words.handleHint}
          autoCapitalize="none"
          spellCheck={false}
        />
      </Counted>
      <Counted state={location}>
        <TextField {...fieldOf('location', { autoComplete: 'off' })} hint={words.locationHint} />
      </Counted>
      <Counted state={about}>
        <TextArea
          label={words.about}
          value={about.value}
          error={about.problem}
          onText={(text) => model.setField('about', text)}
          rows={6}
          hint={words.aboutHint}
        />
      </Counted>
    </div>
  )
}

/** The count stands at the end of the label's line; it is said aloud only near the end. */
function Counted({ state: { used, max }, children }: { readonly state: FieldState; readonly children: ReactNode }) {
  const id = useId()
  const left = max - used
  return (
    <div className={cx('counted')}>
      {children}
      <span className={cx('counter', left < 0 && 'tooMany')} aria-hidden="true">
        {t.profile.editor.counter(used, max)}
      </span>
      <span id={id} className="visually-hidden" role="status">
        {left <= NEAR_END ? t.profile.editor.counterSpoken(left) : ''}
      </span>
    </div>
  )
}
