import { join } from 'node:path'
import type { Field } from '../config/fields.ts'
import { isOn, type Settings, textOf } from '../config/load.ts'
import { daemonFields } from '../config/daemon-fields.ts'
import { readIfThere, readJsonIfThere, runningPath } from '../private-file.ts'
import { type Command, Sentence } from './command.ts'
import { ask, type RestNode, textAt } from './rest.ts'

const fields: readonly Field[] = [
  ...daemonFields.filter(({ key }) => key === 'data'),
  {
    key: 'url',
    kind: 'text',
    placeholder: 'URL',
    help: 'Address of the node, instead of the one that runs on --data.',
  },
  { key: 'tokenFile', kind: 'file', placeholder: 'FILE', help: 'File with its token, instead of the one in --data.' },
  { key: 'to', kind: 'text', placeholder: 'ID', help: 'Conversation id, or account (did:key:…) of a contact.' },
  { key: 'json', kind: 'switch', default: false, help: 'Print the message as JSON.' },
]

/** `parley send`: one text through a running node. */
export const send: Command = {
  name: 'send',
  summary: 'Sends a text through your running node.',
  fields,
  text: 'TEXT',
  hasFile: false,
  examples: [
    ['parley send --to did:key:z6Mk… "On my way"', 'To a contact, through the node on ~/.parley.'],
    ['parley send --to did:key:z6Mk… -- --verbose', 'A text that looks like a flag.'],
    ['date | parley send --data /srv/bob --to did:key:z6Mk… -', 'The text is read from standard input.'],
  ],
  async run(settings, texts) {
    const to = textOf(settings, 'to')
    if (to === undefined || texts.length !== 1)
      throw new Sentence(
        'Say whom with --to, and one TEXT: in quotes if it has spaces, after -- if it looks like a flag, or - to read ' +
          'it from standard input.',
      )
    const node = findNode(settings)
    const text = texts[0] === '-' ? await readInput() : (texts[0] ?? '')
    const conversation = to.startsWith('did:') ? await conversationWith(node, to) : to
    const path = `/v1/conversations/${encodeURIComponent(conversation)}/messages`
    const message = await ask(node, 'POST', path, { text })
    const shown = isOn(settings, 'json')
      ? JSON.stringify(message)
      : `${textAt(message, 'state')} ${textAt(message, 'id')}`
    process.stdout.write(`${shown}\n`)
    return 0
  },
}

function findNode(settings: Settings): RestNode {
  const data = textOf(settings, 'data') ?? ''
  const running = readJsonIfThere(runningPath(data))
  const url = textOf(settings, 'url') ?? textAt(running, 'url')
  if (url === undefined)
    throw new Sentence(`No node runs on ${data}. Start one with parley start, or name it with --url.`)
  const tokenFile = textOf(settings, 'tokenFile') ?? join(data, 'token')
  const token = readIfThere(tokenFile)?.trim()
  if (token === undefined) throw new Sentence(`There is no token at ${tokenFile}.`)
  return { url: url.replace(/\/+$/, ''), token }
}

async function conversationWith(node: RestNode, account: string): Promise<string> {
  const conversations = await ask(node, 'GET', '/v1/conversations')
  const found = Array.isArray(conversations)
    ? conversations.find((each) => textAt(each, 'account') === account)
    : undefined
  const id = textAt(found, 'id')
  if (id === undefined) throw new Sentence('This account is not among your contacts.')
  return id
}

async function readInput(): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(Buffer.from(part))
  return Buffer.concat(parts).toString('utf8').trimEnd()
}
