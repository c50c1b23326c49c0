/** Where the other parts of the installation are, from the sources and from a bundle alike. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Sources are in nodes/daemon/src, a bundle in nodes/daemon/dist/NAME. */
const here = fileURLToPath(new URL('.', import.meta.url))
const isBundled = existsSync(join(here, 'LICENCES.txt'))
const daemon = join(here, isBundled ? '../..' : '..')
const root = join(daemon, '..', '..')

/** The package's own description. */
export const MANIFEST = join(daemon, 'package.json')
/** The program that this is. */
export const PROGRAM = join(daemon, 'bin', 'parley.mjs')
/** The practice partner's program. */
export const ECHO_BOT = isBundled ? join(here, 'echo-bot.mjs') : join(root, 'examples', 'echo-bot', 'src', 'main.ts')
/** The built page. */
export const PAGE_ROOT = join(root, 'web', 'dist')
/** The benchmarks, where there is a repository. */
export const BENCH_FOLDER = join(root, 'lab', 'bench')
