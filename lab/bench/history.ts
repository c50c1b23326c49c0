/** A node with a long history, filled through the real API. */
import { befriend, onReceived, startDaemon, until } from './daemons.ts'

/** Messages of a page of the history; the second conversation has as many. */
export const HISTORY_PAGE = 50
const SENT_AHEAD = 256

/** Alice writes to Bob, whose data folder is `data`, until he has `count` messages. @returns their conversation's id. */
export async function fillHistory(data: string, count: number): Promise<string> {
  await using alice = await startDaemon('Alice')
  await using bob = await startDaemon('Bob', data)
  await using carol = await startDaemon('Carol')
  const received = new Set<string>()
  onReceived(bob, ({ id }) => received.add(id))
  const conversation = await befriend(alice, bob)
  const other = await befriend(carol, bob)
  for (let index = 0; index < HISTORY_PAGE; index++) {
    await carol.api.call('messages.send', { conversation: other, text: `From Carol ${index}` })
  }
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < count) {
      const number = next++
      await alice.api.call('messages.send', { conversation, text: `Message ${number}: ${'word '.repeat(number % 30)}` })
    }
  }
  await Promise.all(Array.from({ length: SENT_AHEAD }, sender))
  await until(async () => (received.size >= count + HISTORY_PAGE ? true : undefined), Math.max(600_000, count * 20))
  return conversation
}
