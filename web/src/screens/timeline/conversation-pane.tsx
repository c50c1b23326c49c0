import { useEffect } from 'react'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { PaneNote } from '../../ui/pane-note.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import { Composer } from '../composer/composer.tsx'
import { ConversationHeader } from './conversation-header.tsx'
import styles from './conversation-pane.module.css'
import { TimelineView } from './timeline-view.tsx'

/** Header, timeline and composer of one conversation. */
export function ConversationPane({ conversation: id }: { readonly conversation: string }) {
  const { session } = useApp()
  const conversation = useViewModel(session.conversations)?.find((each) => each.id === id)
  const timeline = session.timeline(id)
  const composer = session.composer(id)
  useEffect(() => {
    // A pointer that is fine has a keyboard near it: writing can begin at once.
    if (matchMedia('(pointer: fine)').matches) composer.focus()
    window.addEventListener('pagehide', composer.flush)
    return () => {
      window.removeEventListener('pagehide', composer.flush)
      composer.flush()
    }
  }, [composer])
  if (conversation === undefined) return <PaneNote title={t.empty.choose} icon="chats" />
  return (
    <section className={styles['pane']} aria-label={conversation.name}>
      <ConversationHeader conversation={conversation} />
      <TimelineView timeline={timeline} composer={composer} conversation={conversation} />
      <Composer composer={composer} conversation={conversation} />
    </section>
  )
}
