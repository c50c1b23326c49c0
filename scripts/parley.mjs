// `npm start`, `npm run demo`, `npm run bench`: installs and builds what is missing, then runs the program.
import { join } from 'node:path'
import { ensureInstalled, modernNode } from './lib/install.mjs'
import { become, main, root } from './lib/process.mjs'
import { ensureWebBuilt } from './lib/web-build.mjs'

await main(async () => {
  await ensureInstalled()
  const node = modernNode()
  await ensureWebBuilt()
  // The same flag as in the program's own first line, which says why.
  await become(node, [
    '--max-semi-space-size=8',
    join(root, 'nodes', 'daemon', 'bin', 'parley.mjs'),
    ...process.argv.slice(2),
  ])
})
