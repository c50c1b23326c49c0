import type { ApiClient, Contact, ContactRequest, Conversation, Me, Network, OwnProfile } from '@parley/engine/api'
import { createComposerModel, type ComposerModel } from '../screens/composer/composer-model.ts'
import { createTimelineModel } from '../screens/timeline/timeline-model.ts'
import type { TimelineModel } from '../screens/timeline/timeline-types.ts'
import { t } from '../locales/index.ts'
import { createCell, createDisposables, type ViewModel } from '../ui/view-model.ts'
import type { Environment } from './environment.ts'
import { createLiveModel, type LiveModel } from './live-model.ts'
import { createProfileWatch, type ProfileWatch } from './profiles.ts'
import type { LinkState, NodeConnection, NodeLink } from './node-link.ts'

/** Timelines kept warm, so that going back to a conversation shows it in the same frame. */
const TIMELINES_MAX = 24

/** Somebody whose invite was followed and who was not met yet has told no name. */
const named = (conversations: readonly Conversation[]): Conversation[] =>
  conversations.map((each) => (each.name === '' ? { ...each, name: t.app.nameless } : each))

/** Everything the screens share while one connection to the node lasts. */
export interface Session {
  readonly node: NodeLink
  readonly client: ApiClient
  readonly environment: Environment
  readonly link: ViewModel<LinkState>
  readonly me: LiveModel<Me>
  readonly profile: LiveModel<OwnProfile>
  readonly conversations: LiveModel<readonly Conversation[]>
  readonly contacts: LiveModel<readonly Contact[]>
  readonly requests: LiveModel<readonly ContactRequest[]>
  readonly network: LiveModel<Network>
  readonly profiles: ProfileWatch
  conversation(id: string): Conversation | undefined
  timeline(conversation: string): TimelineModel
  composer(conversation: string): ComposerModel
  dispose(): void
}

interface Desk {
  readonly timeline: TimelineModel
  readonly composer: ComposerModel
}

/** Opens the shared subscriptions. Resolves nothing by itself: screens show what has arrived. */
export const createSession = (node: NodeLink, connection: NodeConnection, environment: Environment): Session => {
  const { client } = connection
  const owned = createDisposables()
  const live = <M extends { dispose(): void }>(model: M): M => {
    owned.add(() => model.dispose())
    return model
  }
  const link = createCell<LinkState>('connecting')
  const me = live(createLiveModel(client, environment, 'me.get', {}))
  const profile = live(createLiveModel(client, environment, 'profile.get', {}))
  const conversations = live(createLiveModel(client, environment, 'conversations.list', {}, named))
  const contacts = live(createLiveModel(client, environment, 'contacts.list', {}))
  const requests = live(createLiveModel(client, environment, 'requests.list', {}))
  const network = live(createLiveModel(client, environment, 'network.get', {}))
  const profiles = live(createProfileWatch({ client, environment, conversations }))
  const conversation = (id: string) => conversations.getSnapshot()?.find((each) => each.id === id)
  // In order of last use: a Map keeps insertion order.
  const desks = new Map<string, Desk>()

  const desk = (id: string): Desk => {
    const known = desks.get(id)
    if (known !== undefined) {
      desks.delete(id)
      desks.set(id, known)
      return known
    }
    const ports = {
      client,
      environment,
      conversation: id,
      me: () => me.getSnapshot()?.account ?? '',
      current: () => conversation(id),
    }
    const timeline = createTimelineModel(ports)
    const made = { timeline, composer: createComposerModel({ ...ports, timeline, link }) }
    desks.set(id, made)
    const [oldest] = desks.keys()
    if (desks.size > TIMELINES_MAX && oldest !== undefined) {
      disposeDesk(desks.get(oldest))
      desks.delete(oldest)
    }
    return made
  }
  const disposeDesk = (old: Desk | undefined) => {
    old?.composer.dispose()
    old?.timeline.dispose()
  }

  owned.add(
    client.on('messages.changed', (changed) => desks.get(changed.conversation)?.timeline.take(changed.messages)),
  )
  owned.add(
    conversations.subscribe(() => {
      for (const { timeline } of desks.values()) timeline.recount()
    }),
  )
  owned.add(
    connection.onState((state) => {
      const before = link.getSnapshot()
      link.set(state)
      if (state === 'open' && before === 'lost') profiles.resume()
      if (state === 'open' && before === 'lost') for (const { timeline } of desks.values()) timeline.refresh()
    }),
  )
  owned.add(() => {
    for (const each of desks.values()) disposeDesk(each)
    connection.close()
  })

  return {
    node,
    client,
    environment,
    link,
    me,
    profile,
    conversations,
    contacts,
    requests,
    network,
    profiles,
    conversation,
    timeline: (id) => desk(id).timeline,
    composer: (id) => desk(id).composer,
    dispose: owned.dispose,
  }
}
