import { t } from '../../locales/index.ts'
import { EmojiPicker } from '../../ui/emoji/emoji-picker.tsx'
import { Popup } from '../../ui/popup.tsx'

interface EmojiPopupProps {
  readonly at: { readonly x: number; readonly y: number }
  readonly onPick: (emoji: string) => void
  readonly onClose: () => void
}

/** The picker above the composer. */
export function EmojiPopup({ at, onPick, onClose }: EmojiPopupProps) {
  return (
    <Popup label={t.emoji.label} at={at} placement="top end" onClose={onClose}>
      <EmojiPicker onPick={onPick} />
    </Popup>
  )
}
