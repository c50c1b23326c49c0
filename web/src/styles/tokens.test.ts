import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const tokens = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')

type Theme = 'light' | 'dark'

/** `--name: light-dark(#light, #dark)` of the first rule, which no media query changes. */
const colors = new Map(
  [
    ...(tokens.split('[data-theme')[0] ?? '').matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/gu),
  ].map(([, name = '', light = '', dark = '']) => [name, { light, dark }]),
)

const channel = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)

/** WCAG relative luminance. */
const luminance = (hex: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
    channel(Number.parseInt(hex.slice(at, at + 2), 16) / 255),
  )
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const contrast = (a: string, b: string, theme: Theme): number => {
  const [first, second] = [colors.get(a), colors.get(b)]
  if (first === undefined || second === undefined) throw new Error(`no token for ${a} on ${b}`)
  const [high = 0, low = 0] = [luminance(first[theme]), luminance(second[theme])].toSorted((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

/** Text on what it stands on: at least 4.5. */
const texts: readonly (readonly [string, readonly string[]])[] = [
  ['text', ['canvas', 'sidebar', 'raised', 'sunken', 'bubble-in', 'accent-tint', 'danger-tint']],
  ['text-2', ['canvas', 'sidebar', 'raised', 'sunken', 'bubble-in', 'accent-tint', 'danger-tint']],
  ['text-3', ['canvas', 'sidebar', 'raised', 'sunken', 'bubble-in']],
  ['on-bubble-out', ['bubble-out']],
  ['meta-on-bubble-out', ['bubble-out']],
  ['on-accent', ['accent']],
  ['accent-text', ['canvas', 'sidebar', 'raised', 'accent-tint']],
  ['on-danger', ['danger']],
  ['danger-text', ['canvas', 'sidebar', 'raised', 'danger-tint', 'accent-tint']],
  ['on-success', ['success']],
  ['success-text', ['canvas', 'raised', 'success-tint']],
  ['warning-text', ['canvas', 'raised', 'warning-tint']],
]

/** Boundaries of controls, dots and rings: at least 3. */
const shapes: readonly (readonly [string, readonly string[]])[] = [
  ['border-strong', ['canvas', 'sidebar', 'raised']],
  ['focus', ['canvas', 'sidebar', 'raised', 'sunken']],
  ['accent', ['canvas', 'sidebar']],
  ['success', ['canvas', 'sidebar']],
]

const rows = (table: typeof texts) =>
  table.flatMap(([front, backs]) =>
    backs.flatMap((back) => (['light', 'dark'] as const).map((theme) => ({ front, back, theme }))),
  )

describe('contrast', () => {
  it('finds the colour roles', () => {
    expect(colors.size).toBeGreaterThan(25)
  })

  it.each(rows(texts))('$front on $back can be read ($theme)', ({ front, back, theme }) => {
    expect(contrast(front, back, theme)).toBeGreaterThanOrEqual(4.5)
  })

  it.each(rows(shapes))('$front on $back can be seen ($theme)', ({ front, back, theme }) => {
    expect(contrast(front, back, theme)).toBeGreaterThanOrEqual(3)
  })
})
