import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Field } from '../config/fields.ts'
import { isOn, numberOf } from '../config/load.ts'
import { openPage } from './browser.ts'
import { type Command, Sentence } from './command.ts'
import { type Cast, createCast } from './demo-cast.ts'
import { stopInTime, untilSignal } from './lifetime.ts'
import { ask, type RestNode, textAt } from './rest.ts'

const CONTACT_TIMEOUT_MS = 20_000
const CONTACT_POLL_MS = 100

const fields: readonly Field[] = [
  {
    key: 'apiPort',
    kind: 'port',
    default: 0,
    placeholder: 'N',
    help: "Port of Alice's page; Bob's is the next one. 0 lets the system choose both.",
  },
  { key: 'open', kind: 'switch', default: true, help: 'Only print the two addresses.' },
  {
    key: 'json',
    kind: 'switch',
    default: false,
    help: 'Print one JSON line when both are ready, and one at each change.',
  },
]

/** `parley demo`: two people and a push node, to look at. */
export const demo: Command = {
  name: 'demo',
  summary: 'Runs two people, Alice and Bob, and a push node, in temporary folders; b and p stop and start Bob and it.',
  fields,
  hasFile: false,
  examples: [
    ['parley demo', 'Opens both pages; they know each other already. b: Bob goes and comes back.'],
    ['parley demo --no-open', 'Prints the two addresses instead.'],
    ['parley demo --json --api-port 7201', 'For a program, which writes b or p and Enter to standard input.'],
  ],
  async run(settings) {
    const ended = untilSignal()
    const folder = mkdtempSync(join(tmpdir(), 'parley-demo-'))
    const cast = createCast(folder, numberOf(settings, 'apiPort'))
    const stop = async (): Promise<void> => {
      await cast.stop()
      rmSync(folder, { recursive: true, force: true })
    }
    try {
      const people = await cast.open()
      await introduce(people.alice, people.bob)
      const isJson = isOn(settings, 'json')
      show(cast, isJson, isOn(settings, 'open'))
      cast.onChanged = (name, isRunning) => tell(name, isRunning, isJson)
      await Promise.race([ended, untilKeys(cast)])
    } finally {
      if (!(await stopInTime(stop))) process.stderr.write(`Something did not end in time; ${folder} may be left.\n`)
    }
    return 0
  },
}

/** Takes `b` and `p`; resolves at `q` or Ctrl-C. A terminal gives every key at once, anything else whole lines. */
function untilKeys(cast: Cast): Promise<void> {
  const { stdin } = process
  if (stdin.isTTY) stdin.setRawMode(true)
  return new Promise((resolve) => {
    stdin.on('error', () => {})
    stdin.on('data', (bytes) => {
      for (const key of String(bytes)) {
        if (key === 'q' || key === '\u0003') return resolve()
        const name = KEYS.get(key)
        if (name !== undefined) cast.toggle(name).catch(cannot)
      }
    })
  })
}

const KEYS: ReadonlyMap<string, 'bob' | 'push'> = new Map([
  ['b', 'bob'],
  ['p', 'push'],
])

const cannot = (error: unknown): void =>
  void process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)

const SENTENCES: Readonly<Record<string, readonly [stopped: string, started: string]>> = {
  alice: ['Alice has ended. Ctrl-C ends the demo.', 'Alice is back.'],
  bob: [
    'Bob is away. Write to him from Alice\'s page: it becomes "Stored", because the push node holds it for him. b brings him back.',
    'Bob is back, at the same address. What waited arrives, and Alice sees it become delivered.',
  ],
  push: [
    'The push node is gone. The two still talk directly; what you write while the other is away too waits with its sender. p brings it back.',
    'The push node is back. What waits is left there again.',
  ],
}

function tell(name: string, isRunning: boolean, isJson: boolean): void {
  const [stopped = '', started = ''] = SENTENCES[name] ?? []
  process.stdout.write(isJson ? `${JSON.stringify({ [name]: { isRunning } })}\n` : `${isRunning ? started : stopped}\n`)
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

function show({ people, push }: Cast, isJson: boolean, opens: boolean): void {
  const { alice, bob } = people()
  const [alicePage, bobPage] = [alice, bob].map(({ url, token }) => `${url}/?token=${token}`)
  if (isJson) {
    process.stdout.write(`${JSON.stringify({ alice, bob, push: push() })}\n`)
  } else {
    process.stdout.write(
      `Alice: ${alicePage}\nBob:   ${bobPage}\n` +
        'b: Bob goes away, or comes back. p: the push node does. q or Ctrl-C: everything ends, and its folders are removed.\n',
    )
  }
  if (opens) for (const page of [alicePage, bobPage]) openPage(page ?? '')
}
