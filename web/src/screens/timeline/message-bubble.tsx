import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { isEmojiOnly } from '../../ui/markdown/emoji-only.ts'
import { Markdown } from '../../ui/markdown/markdown.tsx'
import { oneLine, plainText } from '../../ui/preview.ts'
import { fullTime } from '../../ui/time.ts'
import type { MessageCommands } from './message-commands.ts'
import type { Names } from './message-tile.tsx'
import styles from './message-bubble.module.css'
import type { MessageTile, Quote } from './tiles.ts'

const cx = classNames(styles)

interface MessageBubbleProps {
  readonly tile: MessageTile
  readonly names: Names
  readonly isFocusable: boolean
  readonly commands: MessageCommands
}

/** What somebody said. `dir="auto"` and isolation keep one message's direction from spilling into another. */
export function MessageBubble({ tile, names, isFocusable, commands }: MessageBubbleProps) {
  const { message, isOwn, startsGroup, endsGroup, quote } = tile
  const { content, editedAt, state } = message
  if (content.type === 'deleted') {
    return (
      <div className={cx('bubble', 'quiet')} data-bubble>
        {t.timeline.deleted}
      </div>
    )
  }
  if (content.type === 'unknown') {
    return (
      <div className={cx('bubble', 'quiet')} data-bubble dir="auto">
        <p className={cx('fallback')}>{content.fallback}</p>
        <p className={cx('note')}>{t.timeline.unknown}</p>
      </div>
    )
  }
  const isBig = quote === undefined && message.subject === undefined && isEmojiOnly(content.text)
  const corners = cx(!startsGroup && 'joinedAbove', !endsGroup && 'joinedBelow')
  const look = isBig ? 'big' : isOwn ? 'out' : 'in'
  return (
    <div className={`${cx('bubble', look, state === 'failed' && 'failed')} ${corners}`} data-bubble>
      {message.subject !== undefined && <SubjectChip subject={message.subject} />}
      {quote !== undefined && <QuoteView quote={quote} names={names} isFocusable={isFocusable} commands={commands} />}
      <div className={cx('text')} dir="auto">
        {isBig ? content.text : <Markdown text={content.text} areLinksFocusable={isFocusable} />}
      </div>
      {editedAt !== undefined && (
        <span className={cx('edited')} title={t.timeline.editedAt(fullTime(editedAt))}>
          {t.timeline.edited}
        </span>
      )}
    </div>
  )
}

/** What the message is about. It comes from others: one line, cut, and its direction stays inside. */
function SubjectChip({ subject }: { readonly subject: string }) {
  const text = oneLine(subject)
  return (
    <span className={cx('subject')} title={text} data-testid="subject">
      <span className={cx('subjectWord')}>{t.conversation.about}</span> <bdi>{text}</bdi>
    </span>
  )
}

interface QuoteProps {
  readonly quote: Quote
  readonly names: Names
  readonly isFocusable: boolean
  readonly commands: MessageCommands
}

function QuoteView({ quote, names, isFocusable, commands }: QuoteProps) {
  const who = quote.isOwn ? names.me : names.them
  const isKnown = quote.text !== undefined
  return (
    <button
      type="button"
      className={cx('quote')}
      tabIndex={isFocusable ? 0 : -1}
      onClick={() => commands.jumpTo(quote.id)}
    >
      <span className="visually-hidden">{t.timeline.quoteJump(who)}</span>
      {isKnown && (
        <span className={cx('quoteWho')} aria-hidden="true">
          <bdi>{who}</bdi>
        </span>
      )}
      <span className={cx('quoteText')} dir="auto">
        {quote.text === undefined ? t.timeline.quoteMissing : plainText(quote.text) || t.timeline.deleted}
      </span>
    </button>
  )
}
