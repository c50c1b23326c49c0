/** The one socket of a page, from both sides: asks beside the page over it, and looks at what the page asks. */
import type { Page, WebSocket } from 'playwright-core'

/** Ids that the page itself never comes to. */
const FIRST_ID = 1_000_000_000

/** Call before the page is loaded: keeps its sockets where {@link askBeside} finds them. */
export const keepSockets = (page: Page): Promise<unknown> =>
  page.context().addInitScript(`
    window.sockets = []
    window.WebSocket = class extends WebSocket {
      constructor(...parameters) {
        super(...parameters)
        window.sockets.push(this)
      }
    }
  `)

export interface Asked {
  readonly asked: number
  /** Of every answer, how long it took. */
  readonly tookMs: readonly number[]
  readonly problems: number
  /** Why the socket was closed meanwhile; empty while it is open. */
  readonly closed: string
}

export interface Asking {
  /** Ends asking and waits, for so long at most, for what has not been answered. */
  end(waitMs: number): Promise<Asked>
}

/** Asks these, one after the other and from the start again, every `everyMs`, over the socket that the page uses. */
export async function askBeside(
  page: Page,
  calls: readonly { readonly call: string; readonly params: unknown }[],
  everyMs: number,
): Promise<Asking> {
  await page.evaluate(
    ([wanted, pauseMs, firstId]) => {
      const { sockets } = window as unknown as { sockets: globalThis.WebSocket[] }
      const socket = sockets.at(-1)
      if (socket === undefined) throw new Error('the page has no socket')
      const state = {
        askedAt: new Map<number, number>(),
        tookMs: new Array<number>(),
        problems: 0,
        asked: 0,
        timer: 0,
        closed: '',
      }
      Object.assign(window, { asking: state })
      socket.addEventListener('message', ({ data }) => {
        const answer = JSON.parse(String(data)) as { id?: number; problem?: unknown }
        const at = state.askedAt.get(answer.id ?? -1)
        if (at === undefined || answer.id === undefined) return
        state.askedAt.delete(answer.id)
        state.tookMs.push(performance.now() - at)
        if (answer.problem !== undefined) state.problems += 1
      })
      socket.addEventListener('close', ({ code, reason }) => {
        window.clearInterval(state.timer)
        state.closed = `${code} ${reason}`
      })
      state.timer = window.setInterval(() => {
        const id = firstId + state.asked
        const each = wanted[state.asked % wanted.length]
        state.asked += 1
        state.askedAt.set(id, performance.now())
        socket.send(JSON.stringify({ id, ...each }))
      }, pauseMs)
    },
    [calls, everyMs, FIRST_ID] as const,
  )
  return {
    async end(waitMs) {
      await page.evaluate(() => window.clearInterval((window as unknown as { asking: { timer: number } }).asking.timer))
      await page.waitForFunction(
        () => {
          const { asking } = window as unknown as { asking: Asked & { askedAt: Map<number, number> } }
          return asking.askedAt.size === 0 || asking.closed !== ''
        },
        undefined,
        { timeout: waitMs },
      )
      return page.evaluate(() => {
        const { asked, tookMs, problems, closed } = (window as unknown as { asking: Asked }).asking
        return { asked, tookMs, problems, closed }
      })
    },
  }
}

export interface StreamCount {
  /** Streams that the page began. */
  readonly begun: number
  /** The most that were wanted at once: one that takes another's place may begin just before it ends that one. */
  readonly atOnceMax: number
}

/** Counts streams of this name from now on. Call before the page is loaded. */
export function countStreams(page: Page, name: string): () => StreamCount {
  let begun = 0
  let atOnceMax = 0
  page.on('websocket', (socket: WebSocket) => {
    const open = new Set<unknown>()
    let isExchanging = false
    socket.on('framesent', ({ payload }) => {
      const frame = parse(payload)
      if (frame['stream'] === name) {
        begun += 1
        isExchanging = open.size === 1
        open.add(frame['id'])
      } else {
        open.delete(frame['end'])
        isExchanging = false
      }
      atOnceMax = Math.max(atOnceMax, open.size - (isExchanging ? 1 : 0))
    })
    socket.on('framereceived', ({ payload }) => {
      const frame = parse(payload)
      if ('result' in frame || 'problem' in frame) open.delete(frame['id'])
    })
  })
  return () => ({ begun, atOnceMax })
}

const parse = (payload: string | Buffer): Readonly<Record<string, unknown>> => JSON.parse(String(payload))
