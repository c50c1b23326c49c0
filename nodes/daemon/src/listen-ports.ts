import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Reach } from '@parley/engine'
import { readJsonIfThere, writePrivateFile } from './private-file.ts'

/** Where a node listens when nothing else is said: this machine only. */
const OWN = '/ip4/127.0.0.1/tcp/0'
const ANY_PORT = /\/tcp\/0(?=\/|$)/

/**
 * Gives each listen address that leaves its port to us the one that it got at the first start, so that addresses which
 * others know stay true. `isFresh` chooses new ports: the old ones were taken meanwhile.
 */
export async function fixPorts(data: string, listen: readonly string[], isFresh = false): Promise<readonly string[]> {
  if (!listen.some((address) => ANY_PORT.test(address))) return listen
  const path = join(data, 'ports.json')
  const known = isFresh ? {} : (readJsonIfThere(path) ?? {})
  const portsByAddress: Record<string, number> = {}
  const fixed: string[] = []
  for (const address of listen) {
    if (!ANY_PORT.test(address)) {
      fixed.push(address)
      continue
    }
    const remembered = known[address]
    const port = isPort(remembered) ? remembered : await freePort()
    portsByAddress[address] = port
    fixed.push(address.replace(ANY_PORT, `/tcp/${port}`))
  }
  writePrivateFile(path, JSON.stringify(portsByAddress))
  return fixed
}

const isPort = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65_535
/** Where a node listens for each reach: the same port, so that addresses which others know stay true. Spec: NET-11. */
export async function reachPorts(data: string, reach: Reach, isFresh: boolean): Promise<readonly string[]> {
  const [own = ''] = await fixPorts(data, [OWN], isFresh)
  const port = own.slice(own.lastIndexOf('/') + 1)
  return reach === 'computer' ? [own] : [`/ip4/0.0.0.0/tcp/${port}`, `/ip6/::/tcp/${port}`]
}

/** A port that was free a moment ago; whoever listens on it still has to expect that it is taken. */
async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
