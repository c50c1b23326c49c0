// How the program ends with whoever started it. Plain JavaScript without a package: an old Node runs this too.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'

/** How often we look whether npm, which does not pass on every request to end, is still there. */
const STARTER_LOOK_MS = 250
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** What npm runs for `npx parley`, `npm start` and their like; in these cases our parent is npm or its shell. */
const OWN_SCRIPT = /^(parley$|exec node scripts\/parley\.mjs\b)/

/**
 * Makes the end of our starter a SIGTERM to ourselves. A launcher of ours holds a channel to us, which closes however
 * it ends. npm passes SIGINT and SIGTERM on to its shell alone, and SIGHUP to nobody; then we are left behind.
 */
export function endWithStarter() {
  const script = process.env.npm_lifecycle_script ?? ''
  // What we start is not started by npm.
  delete process.env.npm_lifecycle_script
  const end = () => process.kill(process.pid, 'SIGTERM')
  if (process.channel !== undefined && process.channel !== null) {
    process.once('disconnect', end)
    // The channel alone is no reason to live.
    process.channel.unref()
    return
  }
  if (process.env.npm_command === undefined) return
  const links = linksToNpm()
  if (links === undefined) {
    if (OWN_SCRIPT.test(script)) end()
    return
  }
  const look = setInterval(() => {
    if (links.every(([process, parent]) => parentOf(process) === parent)) return
    clearInterval(look)
    end()
  }, STARTER_LOOK_MS)
  look.unref()
}

/** Runs a program of ours in the foreground, passes every request to end on to it, and ends as it ends. */
export function launch(command, parameters, environment = process.env) {
  const child = spawn(command, parameters, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: environment })
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal))
  endWithStarter()
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      process.exitCode = code ?? 128 + constants.signals[signal]
      resolve()
    })
  })
}

/** Each process with its parent, from us up to npm. `undefined`: npm did not start us, or is gone already. */
function linksToNpm() {
  const links = []
  let child = process.pid
  for (let parent = process.ppid; ; parent = parentOf(child)) {
    links.push([child, parent])
    const line = commandLineOf(parent)
    if (/^npm\b/.test(line)) return links
    if (links.length > 1 || !/^(\S*\/)?(sh|dash|bash|ash|zsh)\0-c\0/.test(line)) return undefined
    child = parent
  }
}

/** @returns `undefined` for a process that is gone, and for others than ours where there is no /proc. */
function parentOf(pid) {
  if (pid === process.pid) return process.ppid
  // The name before the last parenthesis may hold anything; after it come the state and the parent.
  const stat = readOf(pid, 'stat')
  const parent = Number(
    stat
      .slice(stat.lastIndexOf(')') + 1)
      .trim()
      .split(' ')[1],
  )
  return parent > 0 ? parent : undefined
}

const commandLineOf = (pid) => readOf(pid, 'cmdline')

function readOf(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // It ended, or the system has no /proc: nothing is known about it.
    return ''
  }
}
