/** One Chromium for a whole run: each test has windows of its own in it, and none waits for it to start. */
import { chromium } from 'playwright-core'
import { BROWSER_ENDPOINT, launchOptions } from './browser.ts'

/** Runs once, before all files. @returns what runs after them. */
export async function setup(): Promise<() => Promise<void>> {
  const server = await chromium.launchServer({ ...launchOptions(), host: '127.0.0.1' })
  process.env[BROWSER_ENDPOINT] = server.wsEndpoint()
  return () => server.close()
}
