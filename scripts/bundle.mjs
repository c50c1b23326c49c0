// Bundles the programs into a folder: node scripts/bundle.mjs FOLDER. Started by scripts/lib/bundle.mjs when it is due.
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { rolldown } from 'rolldown'
import { licencesOf } from './lib/licences.mjs'
import { Advice, main, root } from './lib/process.mjs'

/** Earlier builds that stay, for nodes that still run from them and load a part only now. */
const BUILDS_KEPT = 4
const PROGRAMS = {
  parley: 'nodes/daemon/src/cli/main.ts',
  'echo-bot': 'examples/echo-bot/src/main.ts',
}
/** Native code stays a file of its own, found in node_modules. */
const EXTERNAL = [/^node:(?!https?$)/, /^node-datachannel(\/|$)/, /^@node-datachannel\//]
/** Importing these modules does nothing by itself, so what is not used of them is left out. Ours are of that kind. */
const IS_PURE =
  /^(?!.*\/node_modules\/)|\/node_modules\/(@libp2p|@multiformats|multiformats|uint8\w+|@noble|@scure|typebox)\//

/**
 * Imported as a module, `node:http` shows everything that it has, and with that loads the whole of `fetch`: a tenth of a
 * second. Taken as it is, it does not.
 */
const plainBuiltins = {
  name: 'plain-builtins',
  resolveId: (id) => (/^(node:)?https?$/.test(id) ? `\0plain:${id.replace('node:', '')}` : null),
  load: (id) => (id.startsWith('\0plain:') ? `module.exports = process.getBuiltinModule('node:${id.slice(7)}')` : null),
}

async function build(folder) {
  const bundle = await rolldown({
    cwd: root,
    input: PROGRAMS,
    platform: 'node',
    external: EXTERNAL,
    plugins: [plainBuiltins],
    treeshake: {
      moduleSideEffects: (id) => !IS_PURE.test(id) || Object.values(PROGRAMS).some((path) => id.endsWith(path)),
    },
    transform: {
      // Two native helpers of `ws` that nobody installs and each start would look for.
      define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
    },
    onLog(level, log, report) {
      // A part that is wanted at once in one place and later in another is loaded at once; nothing is wrong with that.
      if (log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT') report(level, log)
    },
  })
  const { output } = await bundle.write({
    dir: folder,
    format: 'esm',
    sourcemap: true,
    minify: { compress: false, mangle: false, codegen: true },
    entryFileNames: '[name].mjs',
    chunkFileNames: 'part-[name].mjs',
  })
  await bundle.close()
  const modules = output.flatMap((part) => (part.type === 'chunk' ? Object.keys(part.modules) : []))
  writeFileSync(join(folder, 'LICENCES.txt'), licencesOf(modules))
}

function removeOldBuilds(folder) {
  const builds = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ path: join(folder, name), madeMs: statSync(join(folder, name)).mtimeMs }))
    .toSorted((a, b) => b.madeMs - a.madeMs)
  for (const { path } of builds.slice(BUILDS_KEPT)) rmSync(path, { recursive: true, force: true })
}

await main(async () => {
  const [target] = process.argv.slice(2)
  if (target === undefined) throw new Advice('Say into which folder: node scripts/bundle.mjs FOLDER.')
  const parent = dirname(target)
  mkdirSync(parent, { recursive: true })
  // Whoever looks finds all of it or nothing, also when two build at the same time.
  const made = mkdtempSync(join(parent, `.${basename(target)}-`))
  try {
    await build(made)
    rmSync(target, { recursive: true, force: true })
    renameSync(made, target)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
  removeOldBuilds(parent)
})
