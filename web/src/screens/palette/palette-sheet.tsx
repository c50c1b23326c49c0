import { useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react'
import { useApp, type App } from '../../app/context.ts'
import { shortcutOf } from '../../app/keys.ts'
import { reasonOf } from '../../app/reason.ts'
import { focusOnMount } from '../../ui/focus-on-mount.ts'
import { t } from '../../locales/index.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import { Sheet } from '../../ui/sheet.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import { searchItems, type PaletteItem } from './palette-model.ts'
import { invitePlace } from '../add-contact/works-on.ts'
import styles from './palette-sheet.module.css'

const cx = classNames(styles)

const commandsOf = (app: App): readonly PaletteItem[] => {
  const { session, navigation, preferences, toasts } = app
  const command = (id: string, label: string, run: () => void, hint?: string): PaletteItem => ({
    id,
    kind: 'command',
    label,
    run,
    ...(hint === undefined ? {} : { hint }),
  })
  const failed = (error: unknown) => toasts.show(reasonOf(error))
  const { place } = navigation.getSnapshot()
  const open = place.type === 'conversation' ? session.conversation(place.conversation) : undefined
  const { muted, doNotDisturb } = preferences.getSnapshot()
  const isMuted = open !== undefined && muted.includes(open.id)
  return [
    command('add', t.app.add, () => navigation.openSheet('add')),
    command('requests', t.app.requests, () => navigation.go({ type: 'requests' })),
    command('profile', t.profile.title, () => navigation.go({ type: 'profile' })),
    command('settings', t.app.settings, () => navigation.go({ type: 'settings' })),
    ...(open === undefined
      ? []
      : [
          command('mute', isMuted ? t.notifications.unmuteNamed(open.name) : t.notifications.muteNamed(open.name), () =>
            preferences.setMuted(open.id, !isMuted),
          ),
        ]),
    command('quiet', doNotDisturb ? t.palette.quietOff : t.palette.quietOn, () =>
      preferences.set({ doNotDisturb: !doNotDisturb }),
    ),
    command('network', t.app.network, () => navigation.openSheet('network')),
    command('help', t.app.help, () => navigation.openSheet('help'), shortcutOf('help')),
    command('invite', t.palette.copyInvite, () => {
      copyInvite(app).catch(failed)
    }),
    command('practise', t.palette.practise, () => {
      session.node.practice().then(({ id }) => navigation.openConversation(id), failed)
    }),
    command('light', t.palette.light, () => preferences.set({ appearance: 'light' })),
    command('dark', t.palette.dark, () => preferences.set({ appearance: 'dark' })),
    command('system', t.palette.system, () => preferences.set({ appearance: 'system' })),
  ]
}

/** One that works on this computer only is shown instead, with what to do about it. */
const copyInvite = async ({ session, navigation, toasts }: App): Promise<void> => {
  const network = session.network.getSnapshot()
  if (network?.reachability.state === 'computer' && network.transport === 'direct') return navigation.openSheet('add')
  const invite = await session.client.call('invites.create', {})
  const place = network === undefined ? 'computer' : invitePlace(invite, network)
  await navigator.clipboard.writeText(invite.link)
  toasts.show(t.reach.invite.copied[place])
}

/** Everything by its name. */
export function PaletteSheet() {
  const app = useApp()
  const { session, navigation } = app
  const conversations = useViewModel(session.conversations) ?? []
  const [query, setQuery] = useState('')
  const [chosen, setChosen] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const heads = new Map(conversations.map((each) => [each.id, each]))
  const items: readonly PaletteItem[] = [
    ...conversations.map(({ id, name }): PaletteItem => ({
      id,
      kind: 'conversation',
      label: name,
      run: () => navigation.openConversation(id),
    })),
    ...commandsOf(app),
  ]
  const found = searchItems(items, query)
  const at = Math.min(chosen, found.length - 1)
  useLayoutEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: 'nearest' })
  }, [at])
  const pick = (item: PaletteItem | undefined) => {
    if (item === undefined) return
    navigation.closeSheet()
    item.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter') pick(found[at])
    else if (event.key === 'ArrowDown') setChosen((at + 1) % Math.max(1, found.length))
    else if (event.key === 'ArrowUp') setChosen((at - 1 + found.length) % Math.max(1, found.length))
    else return
    event.preventDefault()
  }
  return (
    <Sheet title={t.palette.label} onClose={() => navigation.closeSheet()} hasHeader={false}>
      <div className={cx('search')}>
        <Icon name="search" />
        <input
          className={cx('input')}
          placeholder={t.palette.placeholder}
          aria-label={t.palette.label}
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={found[at] === undefined ? undefined : `palette-${found[at].id}`}
          ref={focusOnMount}
          autoComplete="off"
          value={query}
          onChange={(event) => {
            setQuery(event.target.value)
            setChosen(0)
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div ref={list} id="palette-list" className={cx('list')} role="listbox" aria-label={t.palette.label}>
        {found.map((item, index) => (
          // The field has the focus and the keys; a press is for pointers.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={item.id}
            id={`palette-${item.id}`}
            className={cx('item')}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onPointerMove={() => setChosen(index)}
            onClick={() => pick(item)}
          >
            {item.kind === 'conversation' ? (
              <Avatar
                account={heads.get(item.id)?.account ?? ''}
                name={item.label}
                size="small"
                picture={heads.get(item.id)?.avatar}
              />
            ) : (
              <span className={cx('glyph')}>
                <Icon name="chevron-right" size={16} />
              </span>
            )}
            <bdi className={cx('label')}>{item.label}</bdi>
            {item.hint !== undefined && <kbd>{item.hint}</kbd>}
          </div>
        ))}
      </div>
      {found.length === 0 && <p className={cx('none')}>{t.palette.none}</p>}
    </Sheet>
  )
}
