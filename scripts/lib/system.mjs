// Programs of the system that tests need: found, or installed as Debian has them.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './process.mjs'

/** @returns the path of the first program of this name, also where only root looks. */
export function onPath(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin']
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export const mayInstall = () => process.getuid?.() === 0 && onPath('apt-get') !== undefined

/** Installs packages with apt-get. @returns whether that went well. */
export async function aptInstall(...names) {
  process.stderr.write(`Installing ${names.join(', ')} (apt-get)…\n`)
  const options = { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  await run('apt-get', ['update', '-qq'], options)
  return (await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], options)) === 0
}
