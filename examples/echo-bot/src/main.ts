/** Echo: accepts everybody and repeats what they write. A whole bot on the public SDK. */
import { openNode } from '@parley/daemon'
import { parseArgs } from 'node:util'

const GREETING = 'Hello, I am Echo. Write to me and I will say it back, so that you can try everything out.'

const { values } = parseArgs({ options: { data: { type: 'string', default: '.echo' } } })
const node = await openNode({ data: values.data, name: 'Echo' })
const me = await node.call('me.get', {})

/** One thing after the other: an answer never overtakes another. */
let work = Promise.resolve()
let isStopping = false
function next(task: () => Promise<void>): void {
  work = work.then(task).catch((error: unknown) => {
    if (!isStopping) process.stderr.write(`Echo: ${String(error)}\n`)
  })
}

/** Everybody who asks is accepted and greeted. */
async function welcome(): Promise<void> {
  for (const { id } of await node.call('requests.list', {})) {
    const { id: conversation } = await node.call('requests.accept', { id })
    await node.call('messages.send', { conversation, text: GREETING })
  }
}
node.live('requests.list', {}).subscribe(() => next(welcome))

/** What is unread is unanswered, also after a restart: answering and marking as read go together. */
async function answer(): Promise<void> {
  for (const { id: conversation, firstUnread } of await node.call('conversations.list', {})) {
    if (firstUnread === undefined) continue
    const { messages } = await node.call('messages.page', { conversation, around: firstUnread, limit: 100 })
    const unread = messages.slice(messages.findIndex(({ id }) => id === firstUnread))
    for (const { id, sender, content } of unread) {
      if (sender === me.account || content.type !== 'text') continue
      await node.call('messages.send', { conversation, text: `You said: ${content.text}`, replyTo: id })
    }
    await node.call('conversations.read', { conversation, upTo: unread.at(-1)?.id ?? firstUnread })
  }
}
node.live('conversations.list', {}).subscribe(() => next(answer))

const { link } = await node.call('invites.create', {})
process.stdout.write(`${JSON.stringify({ account: me.account, link })}\n`)

async function stop(): Promise<void> {
  isStopping = true
  await node[Symbol.asyncDispose]()
  process.exit()
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop())
// Whoever started us in the background holds our standard input open; its end is our end.
process.stdin.on('error', () => void stop())
if (!process.stdin.isTTY) process.stdin.resume().on('end', () => void stop())
