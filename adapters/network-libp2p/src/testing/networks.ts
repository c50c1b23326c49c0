/** Networks on loopback for tests, stopped together. */
import { randomBytes } from 'node:crypto'
import type { LogPort, NetworkPort } from '@parley/engine'
import { joinNetwork } from '@parley/engine/contract'
import type { Member } from '@parley/engine/contract'
import { createLibp2pNetwork } from '../network.ts'
import type { Libp2pNetworkOptions } from '../network.ts'

export const silentLog: LogPort = { log: () => undefined }
export const LOOPBACK = '/ip4/127.0.0.1/tcp/0'

export const createTestNetwork = (options: Partial<Libp2pNetworkOptions> = {}): Promise<NetworkPort> =>
  createLibp2pNetwork({
    deviceSeed: randomBytes(32),
    listen: [LOOPBACK],
    bootstrap: [],
    log: silentLog,
    ...options,
  })

/** Things to stop at the end of a test, newest first. */
export class Cleanup implements AsyncDisposable {
  readonly #tasks: (() => Promise<unknown>)[] = []

  add(task: () => Promise<unknown>): void {
    this.#tasks.push(task)
  }

  async join(options: Partial<Libp2pNetworkOptions> = {}): Promise<Member> {
    const network = await createTestNetwork(options)
    this.add(() => network.stop())
    return joinNetwork(network)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const task of this.#tasks.toReversed()) await task()
  }
}
