/** What `parley doctor` finds out, as sentences. No token, key, account, name or peer id is ever in one. Spec: NODE-13. */

export interface Finding {
  readonly about: 'folder' | 'disk' | 'clock' | 'node' | 'reach' | 'push nodes' | 'waiting'
  /** ok: as it should be. note: worth knowing. problem: something has to be done, and `advice` says what. */
  readonly state: 'ok' | 'note' | 'problem'
  readonly text: string
  readonly advice?: string
}

/** The parts of `GET /v1/network` that are looked at; anything else in an answer is ignored. */
export interface NetworkAnswer {
  readonly reach: string
  readonly reachability: { readonly state: string; readonly testedAt?: number }
  readonly isListening: boolean
  readonly infrastructure: readonly {
    readonly address: string
    readonly isConnected: boolean
    readonly relay: string
    readonly refusal?: string
  }[]
  readonly waitingMessages: number
  readonly waiting: readonly unknown[]
  readonly storedBytes: number
}

const MIB = 1_048_576

/** What is so of a node that answers. `nowMs`: wall clock. */
export function networkFindings(network: NetworkAnswer, nowMs: number): readonly Finding[] {
  return [reachFinding(network, nowMs), ...pushNodeFindings(network), waitingFinding(network)]
}

const PROVEN: Readonly<Record<string, string>> = {
  public: 'Reachable from outside',
  relayed: 'Reachable through push nodes only',
  network: 'Reachable on this network only, as far as was proven',
  computer: 'Reachable on this computer only',
}
/** What somebody who wants to be reached like this has to have. */
const WANTED: Readonly<Record<string, readonly string[]>> = {
  anyone: ['public', 'relayed'],
  network: ['public', 'relayed', 'network'],
  computer: ['public', 'relayed', 'network', 'computer'],
}

function reachFinding(
  { reach, reachability: { state, testedAt }, isListening }: NetworkAnswer,
  nowMs: number,
): Finding {
  const when = testedAt === undefined ? '' : ` (${ago(nowMs - testedAt)})`
  const text = `${PROVEN[state] ?? state}${when}.`
  if (!isListening && state === 'computer')
    return { about: 'reach', state: 'problem', text: 'It does not listen.', advice: 'Its log says why. Restart it.' }
  if (WANTED[reach]?.includes(state) !== false) return { about: 'reach', state: 'ok', text }
  const advice =
    reach === 'anyone'
      ? 'You chose that anyone may reach you: add a push node in Connection, or forward a port on your router.'
      : 'You chose that your network may reach you: see that this computer is connected to one.'
  return { about: 'reach', state: 'problem', text, advice }
}

function pushNodeFindings({ infrastructure, reach }: NetworkAnswer): readonly Finding[] {
  if (infrastructure.length === 0) {
    const text = 'None is used: what you write to somebody who is away waits on this computer.'
    return [{ about: 'push nodes', state: reach === 'computer' ? 'ok' : 'note', text }]
  }
  return infrastructure.map(({ address, isConnected, relay, refusal }) => {
    const place = withoutPeers(address)
    if (!isConnected) {
      const advice = 'See that it runs, that its address is right and that nothing blocks the way.'
      return { about: 'push nodes', state: 'problem', text: `${place} does not answer.`, advice }
    }
    if (relay === 'refused') {
      const text = `${place} answers, but gives no place${refusal === undefined ? '' : `: ${withoutPeers(refusal)}`}.`
      return {
        about: 'push nodes',
        state: 'problem',
        text,
        advice: 'Use another one too, or ask its operator for more places.',
      }
    }
    const kept = relay === 'reserved' ? 'holds a place for this node' : 'is connected'
    return { about: 'push nodes', state: 'ok', text: `${place} ${kept}.` }
  })
}

function waitingFinding({ waitingMessages, waiting, storedBytes }: NetworkAnswer): Finding {
  const size = `${(storedBytes / MIB).toFixed(1)} MiB`
  const text =
    waitingMessages === 0
      ? 'Nothing waits for others.'
      : `${waitingMessages} wait for ${waiting.length} contacts, who have not fetched them yet; ${size} in the storage of your choice.`
  return { about: 'waiting', state: 'ok', text }
}

/** An address or a text without the peer ids and long secrets in it. */
export const withoutPeers = (text: string): string =>
  text.replaceAll(/\/p2p\/[^/\s]+/g, '').replaceAll(/\b(?:12D3KooW|did:key:|Qm|z6Mk)\w{8,}/g, '…')

function ago(elapsedMs: number): string {
  const minutes = Math.round(elapsedMs / 60_000)
  if (minutes < 1) return 'confirmed just now'
  return minutes < 120 ? `confirmed ${minutes} minutes ago` : `confirmed ${Math.round(minutes / 60)} hours ago`
}

export interface PlaceFacts {
  readonly nowMs: number
  /** The newest change of a file in the folder. */
  readonly changedMs?: number
  /** The system says that its clock is kept right by others; `undefined` when it does not say. */
  readonly isClockKept?: boolean
  readonly freeBytes: number
}

const FREE_NEEDED_BYTES = 64 * MIB
const FREE_WANTED_BYTES = 1_024 * MIB
const CLOCK_TOLERANCE_MS = 120_000
/** Nothing of ours ran before. */
const BEGINNING_MS = Date.UTC(2026, 0, 1)

/** Disk and clock. */
export function placeFindings({ nowMs, changedMs, isClockKept, freeBytes }: PlaceFacts): readonly Finding[] {
  const free = `${Math.floor(freeBytes / MIB).toLocaleString('en')} MiB are free.`
  const disk: Finding =
    freeBytes < FREE_NEEDED_BYTES
      ? { about: 'disk', state: 'problem', text: free, advice: 'Free some space: nothing new can be kept soon.' }
      : { about: 'disk', state: freeBytes < FREE_WANTED_BYTES ? 'note' : 'ok', text: free }
  const advice = 'Set it: with a wrong clock others refuse what this node signs.'
  const shown = new Date(nowMs).toISOString()
  if (nowMs < BEGINNING_MS || (changedMs !== undefined && changedMs > nowMs + CLOCK_TOLERANCE_MS)) {
    const text = `The clock says ${shown}, which is before this node was last used.`
    return [disk, { about: 'clock', state: 'problem', text, advice }]
  }
  if (isClockKept === true) return [disk, { about: 'clock', state: 'ok', text: 'The system keeps the clock right.' }]
  const text = `The clock says ${shown}; the system does not say whether anything keeps it right.`
  return [disk, { about: 'clock', state: 'note', text }]
}

const MARKS = { ok: 'ok  ', note: 'note', problem: '!!  ' } as const

/** For people: one line each, with what to do below. */
export function findingsText(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ about, state, text, advice }) => [
    `${MARKS[state]} ${about.padEnd(11)} ${text}`,
    ...(advice === undefined ? [] : [`${' '.repeat(17)}→ ${advice}`]),
  ])
  const problems = findings.filter(({ state }) => state === 'problem').length
  const end = problems === 0 ? 'Nothing needs doing.' : `${problems} to do.`
  return [...lines, end, ''].join('\n')
}
