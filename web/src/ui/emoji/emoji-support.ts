/** One emoji that came with each version, the newest first. */
const probes = [
  [17, '\u{1FAEA}'],
  [16, '\u{1FAE9}'],
  [15.1, '\u{1F642}\u{200D}\u{2194}\u{FE0F}'],
  [15, '\u{1FAE8}'],
  [14, '\u{1FAE0}'],
  [13.1, '\u{1F636}\u{200D}\u{1F32B}\u{FE0F}'],
  [13, '\u{1F972}'],
] as const

const OLDEST_ASSUMED = 12.1
const SIZE_PX = 24

/** The newest emoji version that this system draws, so that the picker shows no empty boxes. */
export const maxEmojiVersion = (): number => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  if (context === null) return OLDEST_ASSUMED
  context.font = `${SIZE_PX}px system-ui, sans-serif`
  context.textBaseline = 'top'
  const draw = (text: string, color: string): string => {
    context.clearRect(0, 0, SIZE_PX * 2, SIZE_PX * 2)
    context.fillStyle = color
    context.fillText(text, 0, 0)
    return context.getImageData(0, 0, SIZE_PX * 2, SIZE_PX * 2).data.join(',')
  }
  // A picture keeps its colours whatever the ink; a box for a missing letter takes the ink. Two letters are wider.
  const width = context.measureText('\u{1F600}').width
  const isDrawn = (text: string) =>
    context.measureText(text).width < width * 1.5 && draw(text, '#ff0000') === draw(text, '#0000ff')
  return probes.find(([, text]) => isDrawn(text))?.[0] ?? OLDEST_ASSUMED
}
