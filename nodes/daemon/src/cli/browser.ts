import { spawn } from 'node:child_process'

/** The program that opens an address on this machine; `undefined` without a desktop. */
export function opener(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): string | undefined {
  if (platform === 'darwin') return 'open'
  const hasDesktop = (environment['DISPLAY'] ?? '') !== '' || (environment['WAYLAND_DISPLAY'] ?? '') !== ''
  return platform === 'linux' && hasDesktop ? 'xdg-open' : undefined
}

/** Asks the desktop to show a page. The address is printed too, so that nothing is lost when this fails. */
export function openPage(url: string): void {
  const program = opener(process.platform, process.env)
  if (program === undefined) return
  const child = spawn(program, [url], { stdio: 'ignore', detached: true })
  child.on('error', () => process.stderr.write(`${program} could not open the page.\n`))
  child.unref()
}
