import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Field } from '../config/fields.ts'
import { isOn } from '../config/load.ts'
import { openPage } from './browser.ts'
import { type Child, startChild } from './child.ts'
import { type Command, Sentence } from './command.ts'
import { stopInTime, untilSignal } from './lifetime.ts'
import { ask, type RestNode, textAt } from './rest.ts'

const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
const CONTACT_TIMEOUT_MS = 20_000
const CONTACT_POLL_MS = 100

const fields: readonly Field[] = [
  { key: 'open', kind: 'switch', default: true, help: 'Only print the two addresses.' },
  { key: 'json', kind: 'switch', default: false, help: 'Print one JSON line when both are ready.' },
]

/** `parley demo`: two people and a push node, to look at. */
export const demo: Command = {
  name: 'demo',
  summary: 'Runs two people, Alice and Bob, and a push node, in temporary folders.',
  fields,
  hasFile: false,
  examples: [
    ['parley demo', 'Opens both pages; they know each other already.'],
    ['parley demo --no-open', 'Prints the two addresses instead.'],
  ],
  async run(settings) {
    const ended = untilSignal()
    const folder = mkdtempSync(join(tmpdir(), 'parley-demo-'))
    const children: Child[] = []
    const begin = async (...parameters: readonly string[]): Promise<Child> => {
      const child = await startChild(parameters)
      children.push(child)
      return child
    }
    const stop = async (): Promise<void> => {
      await Promise.all(children.map((child) => child[Symbol.asyncDispose]()))
      rmSync(folder, { recursive: true, force: true })
    }
    try {
      const people = await startPeople(folder, begin)
      show(people, isOn(settings, 'json'), isOn(settings, 'open'))
      await Promise.race([ended, ...children.map(({ exited }) => exited)])
    } finally {
      if (!(await stopInTime(stop))) process.stderr.write(`Something did not end in time; ${folder} may be left.\n`)
    }
    return 0
  },
}

type Begin = (...parameters: readonly string[]) => Promise<Child>

async function startPeople(folder: string, begin: Begin): Promise<readonly RestNode[]> {
  const push = await begin('push-node', '--json', '--data', join(folder, 'push'), '--listen', LOOPBACK)
  const [address] = Array.isArray(push.ready['addresses']) ? push.ready['addresses'] : []
  const person = async (name: string): Promise<RestNode> => {
    const data = join(folder, name.toLowerCase())
    const flags = [
      '--data',
      data,
      '--name',
      name,
      '--api-port',
      '0',
      '--listen',
      LOOPBACK,
      '--json',
      '--log-level',
      'warn',
    ]
    const { ready } = await begin('daemon', ...flags, ...(typeof address === 'string' ? ['--bootstrap', address] : []))
    return { url: textAt(ready, 'url') ?? '', token: textAt(ready, 'token') ?? '' }
  }
  const [alice, bob] = await Promise.all([person('Alice'), person('Bob')])
  await introduce(alice, bob)
  return [alice, bob]
}

/** Bob opens Alice's invite, and she accepts. */
async function introduce(alice: RestNode, bob: RestNode): Promise<void> {
  const invite = await ask(alice, 'POST', '/v1/invites')
  await ask(bob, 'POST', '/v1/contacts', { link: textAt(invite, 'link'), text: 'Hello Alice, it is Bob.' })
  const request = await eventually(async () => {
    const requests = await ask(alice, 'GET', '/v1/requests')
    return Array.isArray(requests) ? textAt(requests[0], 'id') : undefined
  })
  await ask(alice, 'POST', `/v1/requests/${encodeURIComponent(request)}/accept`)
  await eventually(async () => {
    const conversations = await ask(bob, 'GET', '/v1/conversations')
    const isActive = Array.isArray(conversations) && textAt(conversations[0], 'status') === 'active'
    return isActive ? 'active' : undefined
  })
}

async function eventually(look: () => Promise<string | undefined>): Promise<string> {
  for (let waitedMs = 0; waitedMs < CONTACT_TIMEOUT_MS; waitedMs += CONTACT_POLL_MS) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, CONTACT_POLL_MS))
  }
  throw new Sentence('Alice and Bob did not find each other in time.')
}

function show(people: readonly RestNode[], isJson: boolean, opens: boolean): void {
  const pages = people.map(({ url, token }) => `${url}/?token=${token}`)
  if (isJson) {
    process.stdout.write(`${JSON.stringify({ alice: people[0], bob: people[1] })}\n`)
  } else {
    process.stdout.write(`Alice: ${pages[0]}\nBob:   ${pages[1]}\nCtrl-C ends both and removes their folders.\n`)
  }
  if (opens) for (const page of pages) openPage(page)
}
