import {
  EmojiPicker as Picker,
  type EmojiData,
  type EmojiPickerListCategoryHeaderProps,
  type EmojiPickerListEmojiProps,
  type EmojiPickerListRowProps,
} from 'frimousse'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { classNames } from '../class-names.ts'
import { focusOnMount } from '../focus-on-mount.ts'
import { useViewModel } from '../use-view-model.ts'
import { loadEmoji } from './emoji-data.ts'
import styles from './emoji-picker.module.css'

const cx = classNames(styles)
const COLUMNS = 8
const RECENT_SHOWN = 8

/** The picker's own form of our table. The default would be fetched from another host. */
const resolveData = async (): Promise<EmojiData> => {
  const entries = await loadEmoji()
  return {
    locale: 'en',
    emojis: entries.map(({ emoji, group, label, version, tags, names, skins }) => ({
      emoji,
      category: group,
      label,
      version,
      tags: [...tags, ...names],
      ...(skins === undefined ? {} : { skins: { ...skins } }),
    })),
    categories: Object.entries(t.emoji.groups).map(([index, label]) => ({ index: Number(index), label })),
    skinTones: t.emoji.skinTones,
  }
}

function CategoryHeader({ category, ...props }: EmojiPickerListCategoryHeaderProps) {
  return (
    <div {...props} className={cx('category')}>
      {category.label}
    </div>
  )
}

/** ARIA counts from one. */
const fromOne = (index: number | undefined): number => (index ?? 0) + 1

function Row(props: EmojiPickerListRowProps) {
  return <div {...props} aria-rowindex={fromOne(props['aria-rowindex'])} className={cx('row')} />
}

function EmojiButton({ emoji, ...props }: EmojiPickerListEmojiProps) {
  const cell = { ...props, 'aria-colindex': fromOne(props['aria-colindex']) }
  return (
    <button type="button" {...cell} className={cx('emoji')}>
      {emoji.emoji}
    </button>
  )
}

/** Every emoji, to be searched by name; the ones used last come first. */
export function EmojiPicker({ onPick }: { readonly onPick: (emoji: string) => void }) {
  const { preferences } = useApp()
  const { skinTone, recentEmoji } = useViewModel(preferences)
  const pick = (emoji: string) => {
    preferences.noteEmoji(emoji)
    onPick(emoji)
  }
  return (
    <Picker.Root
      className={cx('picker')}
      columns={COLUMNS}
      skinTone={skinTone}
      resolveEmojiData={resolveData}
      onEmojiSelect={({ emoji }) => pick(emoji)}
    >
      <div className={cx('head')}>
        <Picker.Search
          className={cx('search')}
          placeholder={t.emoji.search}
          aria-label={t.emoji.search}
          ref={focusOnMount}
        />
        <Picker.SkinTone>
          {({ skinToneVariations, setSkinTone, skinTone: shown }) => {
            const at = skinToneVariations.findIndex((each) => each.skinTone === shown)
            const next = skinToneVariations[(at + 1) % skinToneVariations.length]
            return (
              <button
                type="button"
                className={cx('emoji')}
                aria-label={t.emoji.skinTone}
                title={t.emoji.skinTone}
                onClick={() => {
                  if (next === undefined) return
                  setSkinTone(next.skinTone)
                  preferences.set({ skinTone: next.skinTone })
                }}
              >
                {skinToneVariations[at]?.emoji}
              </button>
            )
          }}
        </Picker.SkinTone>
      </div>
      <div className={cx('recent')} role="group" aria-label={t.emoji.recent}>
        {recentEmoji.slice(0, RECENT_SHOWN).map((emoji) => (
          <button key={emoji} type="button" className={cx('emoji')} onClick={() => pick(emoji)}>
            {emoji}
          </button>
        ))}
      </div>
      <Picker.Viewport className={cx('viewport')}>
        <Picker.Loading className={cx('note')}>{t.emoji.loading}</Picker.Loading>
        <Picker.Empty className={cx('note')}>{t.emoji.none}</Picker.Empty>
        <Picker.List className={cx('list')} components={{ CategoryHeader, Row, Emoji: EmojiButton }} />
      </Picker.Viewport>
      <div className={cx('foot')}>
        <Picker.ActiveEmoji>
          {({ emoji }) => (emoji === undefined ? '' : `${emoji.emoji} ${emoji.label}`)}
        </Picker.ActiveEmoji>
      </div>
    </Picker.Root>
  )
}
