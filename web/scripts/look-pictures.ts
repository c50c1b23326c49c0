import type { Page } from 'playwright-core'

/** A face for the CIDs of the pretend people: the pretend node has pictures only of what was chosen in the page. */
const faceOf = (cid: string): string => {
  const hue = [...cid].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 0)
  const tone = (lightness: number, turn: number) => `oklch(${lightness}% 0.09 ${(hue + turn) % 360})`
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">' +
    `<rect width="64" height="64" fill="${tone(80, 0)}"/><circle cx="48" cy="14" r="22" fill="${tone(87, 40)}"/>` +
    `<ellipse cx="32" cy="66" rx="24" ry="22" fill="${tone(45, 180)}"/><circle cx="32" cy="29" r="13" fill="${tone(70, 60)}"/>` +
    `<path d="M18 29a14 14 0 0 1 28 0c-5-1-9-4-11-8-4 5-10 8-17 8Z" fill="${tone(32, 90)}"/></svg>`
  )
}

/** Answers for the pictures that a node would have. */
export const answerPictures = (page: Page) =>
  page.route('**/v1/avatars/*', async (route) => {
    const cid = route.request().url().split('/').at(-1) ?? ''
    const known: { readonly mediaType: string; readonly image: string } | null = await page.evaluate(
      `window.world?.profiles.pictures.get(${JSON.stringify(cid)}) ?? null`,
    )
    if (known === null) await route.fulfill({ contentType: 'image/svg+xml', body: faceOf(cid) })
    else await route.fulfill({ contentType: known.mediaType, body: Buffer.from(known.image, 'base64') })
  })
