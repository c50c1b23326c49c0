/** One open account, as this door sees it; another account is another session. */
import { EngineError, type ApiClient, type LogPort } from '@parley/engine'
import { Aliases } from './aliases.ts'
import { Blocks } from './blocks.ts'
import { People } from './people.ts'
import { Unread } from './unread.ts'
import { KeptValue, OneAtATime, readTexts } from './values.ts'
import { Waiting } from './waiting.ts'

export interface Session extends AsyncDisposable {
  readonly client: ApiClient
  readonly people: People
  readonly blocks: Blocks
  readonly waiting: Waiting
  readonly aliases: Aliases
  readonly unread: Unread
  /** Requests for contact that were seen, by id. */
  readonly seen: KeptValue<readonly string[]>
  /** Changes of settings and of the own profile, each of which begins with what is there. */
  readonly changes: OneAtATime
  /** Peer ids that the owner follows; nobody is told. */
  readonly following: KeptValue<readonly string[]>
}

/** @throws EngineError of the client. */
export async function openSession(client: ApiClient, log: LogPort): Promise<Session> {
  const people = new People(client, await client.call('me.get', {}))
  try {
    const [aliases, unread] = await Promise.all([
      Aliases.open(client),
      Unread.open(client, people.account),
      people.refresh(),
    ])
    const blocks = new Blocks(client, people)
    const isBlocked = (peerId: string): Promise<boolean> => blocks.isBlocked(peerId)
    const waiting = new Waiting({ client, people, aliases, log, isBlocked })
    const failed = (error: unknown): void => {
      if (error instanceof EngineError && (error.code === 'CLOSED' || error.code === 'LOCKED')) return
      log.log('warn', 'a block could not be carried out', { reason: String(error) })
    }
    const stops = [
      people.onChanged(() => void blocks.enforce().catch(failed)),
      client.on('profiles.changed', ({ profiles }) => waiting.learned(profiles)),
    ]
    waiting.tryAll()
    return {
      client,
      people,
      blocks,
      waiting,
      aliases,
      unread,
      seen: new KeptValue(client, 'openbazaar/seen', readTexts),
      changes: new OneAtATime(),
      following: new KeptValue(client, 'openbazaar/following', readTexts),
      async [Symbol.asyncDispose]() {
        for (const stop of stops) stop()
        unread[Symbol.dispose]()
        people[Symbol.dispose]()
        await waiting[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    people[Symbol.dispose]()
    throw error
  }
}
