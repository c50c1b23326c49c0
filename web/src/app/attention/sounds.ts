/** Short tones, made here: no file is fetched. */
export interface Sounds {
  /** away: nobody looks. near: somebody looks at something else. Silent until somebody has touched the page once. */
  play(tone: Tone): void
}

export type Tone = 'away' | 'near'

interface Note {
  readonly hertz: number
  /** Seconds from the start of the tone. */
  readonly at: number
  readonly loudness: number
}

const ATTACK_S = 0.012
const FADE_S = 0.22

const tones: Readonly<Record<Tone, readonly Note[]>> = {
  away: [
    { hertz: 587.33, at: 0, loudness: 0.14 },
    { hertz: 880, at: 0.11, loudness: 0.12 },
  ],
  near: [{ hertz: 587.33, at: 0, loudness: 0.05 }],
}

const ring = (context: AudioContext, { hertz, at, loudness }: Note): OscillatorNode => {
  const startsAt = context.currentTime + at
  const oscillator = new OscillatorNode(context, { type: 'sine', frequency: hertz })
  const gain = new GainNode(context, { gain: 0 })
  gain.gain.setValueAtTime(0, startsAt)
  gain.gain.linearRampToValueAtTime(loudness, startsAt + ATTACK_S)
  gain.gain.exponentialRampToValueAtTime(0.0001, startsAt + ATTACK_S + FADE_S)
  oscillator.connect(gain).connect(context.destination)
  oscillator.start(startsAt)
  oscillator.stop(startsAt + ATTACK_S + FADE_S)
  return oscillator
}

export const browserSounds = (): Sounds => ({
  play: (tone) => {
    // Browsers keep a page silent, and say so in the console, until a person has done something in it.
    if (!navigator.userActivation.hasBeenActive) return
    const context = new AudioContext()
    const end = () => {
      // It may be closed already; then there is nothing left to do.
      context.close().catch(() => undefined)
    }
    const last = tones[tone].map((note) => ring(context, note)).at(-1)
    last?.addEventListener('ended', end)
  },
})
