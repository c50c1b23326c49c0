/** Who is in the demo: Alice, Bob and a push node, each a process that can go and come back where it was. */
import { join } from 'node:path'
import { type Child, startChild } from './child.ts'
import { type RestNode, textAt } from './rest.ts'

const LOOPBACK = '/ip4/127.0.0.1/tcp/0'

export type CastName = 'alice' | 'bob' | 'push'

/** A person's node: where it is, and which process. */
export interface Person extends RestNode {
  readonly pid: number
}

export interface Cast {
  /** Told when one ended, by whatever cause, and when it is back. */
  onChanged: (name: CastName, isRunning: boolean) => void
  /** Starts everybody. @throws Sentence when one does not come up. */
  open(): Promise<{ readonly alice: Person; readonly bob: Person }>
  people(): { readonly alice: Person; readonly bob: Person }
  /** What the push node printed. */
  push(): Readonly<Record<string, unknown>>
  /** Stops the one that runs, starts the one that does not. One change of each at a time. */
  toggle(name: CastName): Promise<void>
  stop(): Promise<void>
}

/** `apiPort`: of Alice's page, Bob's is the next; 0: any. */
export function createCast(folder: string, apiPort: number): Cast {
  const children = new Map<CastName, Child>()
  /** What each printed at its last start: there it comes back. */
  const readies = new Map<CastName, Readonly<Record<string, unknown>>>()
  const changing = new Set<CastName>()
  let isStopped = false

  const start = async (name: CastName): Promise<void> => {
    const child = await startChild(name === 'push' ? pushFlags() : personFlags(name))
    children.set(name, child)
    readies.set(name, { ...child.ready, pid: child.pid })
    void child.exited.then(() => {
      children.delete(name)
      if (!isStopped) cast.onChanged(name, false)
    })
    if (isStopped) await child[Symbol.asyncDispose]()
  }
  const ready = (name: CastName): Readonly<Record<string, unknown>> => readies.get(name) ?? {}
  const pushAddress = (): string | undefined => {
    const { addresses } = ready('push')
    return Array.isArray(addresses) && typeof addresses[0] === 'string' ? addresses[0] : undefined
  }
  const pushFlags = (): readonly string[] => {
    const listen = pushAddress()?.replace(/\/p2p\/.*$/, '') ?? LOOPBACK
    return ['push-node', '--json', '--data', join(folder, 'push'), '--listen', listen]
  }
  const personFlags = (name: 'alice' | 'bob'): readonly string[] => {
    const port = new URL(textAt(ready(name), 'url') ?? `http://127.0.0.1:${firstPort(name)}`).port || '0'
    const address = pushAddress()
    return [
      ...['daemon', '--json', '--log-level', 'warn', '--data', join(folder, name), '--api-port', port],
      ...['--name', name === 'alice' ? 'Alice' : 'Bob', '--listen', LOOPBACK],
      ...(address === undefined ? [] : ['--bootstrap', address]),
    ]
  }
  const firstPort = (name: 'alice' | 'bob'): number => (apiPort === 0 ? 0 : apiPort + (name === 'alice' ? 0 : 1))
  const person = (name: 'alice' | 'bob'): Person => {
    const { url, token, pid } = ready(name)
    return { url: String(url), token: String(token), pid: Number(pid) }
  }

  const cast: Cast = {
    onChanged: () => undefined,
    async open() {
      await start('push')
      await Promise.all([start('alice'), start('bob')])
      return cast.people()
    },
    people: () => ({ alice: person('alice'), bob: person('bob') }),
    push: () => ready('push'),
    async toggle(name) {
      if (changing.has(name) || isStopped) return
      changing.add(name)
      try {
        const running = children.get(name)
        if (running !== undefined) return await running[Symbol.asyncDispose]()
        await start(name)
        cast.onChanged(name, true)
      } finally {
        changing.delete(name)
      }
    },
    async stop() {
      isStopped = true
      await Promise.all([...children.values()].map((child) => child[Symbol.asyncDispose]()))
    },
  }
  return cast
}
