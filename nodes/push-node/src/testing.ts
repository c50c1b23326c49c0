/** Helpers of this node's tests. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { LogPort } from '@parley/engine'
import type { PushNodeConfig } from './config.ts'

export const quietLog: LogPort = { log: () => undefined }

/** A push node in a process of its own. The caller ends it. */
export function spawnPushNode(config: Partial<PushNodeConfig> & { readonly data: string }) {
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const all = { listen, announce: [], bootstrap: [], metricsListen: '127.0.0.1:0', ...config }
  const main = JSON.stringify(import.meta.resolve('./main.ts'))
  const source = `import { runPushNode } from ${main}; process.exitCode = await runPushNode(${JSON.stringify(all)})`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  return { child, exited: once(child, 'exit'), errors: () => errors }
}

/** One that serves. */
export async function runProcess(config: Parameters<typeof spawnPushNode>[0]) {
  const node = spawnPushNode(config)
  const [line] = await once(createInterface(node.child.stdout), 'line', { signal: AbortSignal.timeout(20_000) })
  const ready: { readonly peerId: string; readonly addresses: readonly string[] } = JSON.parse(String(line))
  return { ...node, ...ready }
}
