// `npm start`, `npm run demo`, `npm run bench`: installs and builds what is missing, then runs the program.
import { join } from 'node:path'
import { launch } from '../nodes/daemon/bin/lifeline.mjs'
import { ensureBundled } from './lib/bundle.mjs'
import { ensureInstalled, modernNode } from './lib/install.mjs'
import { environment, main, root } from './lib/process.mjs'
import { ensureWebBuilt } from './lib/web-build.mjs'

await main(async () => {
  await ensureInstalled()
  const node = modernNode()
  await Promise.all([ensureWebBuilt(), ensureBundled()])
  const program = join(root, 'nodes', 'daemon', 'bin', 'parley.mjs')
  // The same flag as in the program's own first line, which says why.
  await launch(node, ['--max-semi-space-size=8', program, ...process.argv.slice(2)], environment())
})
