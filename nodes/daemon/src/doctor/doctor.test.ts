import { chmodSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openScene, temporaryFolder } from '../testing.ts'
import { examine } from './examine.ts'
import { type Finding, findingsText, type NetworkAnswer, networkFindings, placeFindings } from './findings.ts'

const NOW_MS = Date.UTC(2026, 5, 1)
const ID = '12D3KooWBgsfD6JkfpBoeUcriTm9mwqUr6SU81SFfgMHzDuv4TG1'

const problems = (findings: readonly Finding[]) =>
  findings.filter(({ state }) => state === 'problem').map(({ about, text }) => `${about}: ${text}`)

const NETWORK: NetworkAnswer = {
  reach: 'computer',
  reachability: { state: 'computer' },
  isListening: true,
  infrastructure: [],
  waitingMessages: 0,
  waiting: [],
  storedBytes: 0,
}

describe('parley doctor', () => {
  it('[NODE-13] asks a running node, changes nothing and shows no secret, account or peer', async () => {
    using folder = temporaryFolder()
    await using scene = await openScene(folder.path)
    const { account, peerId } = scene.ready
    const findings = await examine(folder.path, Date.now())
    expect(problems(findings)).toEqual([])
    expect(findings.map(({ about }) => about)).toEqual([
      'folder',
      'disk',
      'clock',
      'node',
      'reach',
      'push nodes',
      'waiting',
    ])
    const shown = findingsText(findings) + JSON.stringify(findings)
    const token = readFileSync(join(folder.path, 'token'), 'utf8').trim()
    for (const secret of [token, account, peerId, 'did:key', '12D3KooW']) expect(shown).not.toContain(secret)
    expect(shown).toContain(scene.ready.url)
  })

  it('[NODE-13] looks at the folder of a node that does not run', async () => {
    using folder = temporaryFolder()
    await (await openScene(folder.path))[Symbol.asyncDispose]()
    rmSync(join(folder.path, 'page'), { recursive: true })
    expect(problems(await examine(folder.path, Date.now()))).toEqual(['node: It does not run.'])
    writeFileSync(join(folder.path, 'running.json'), '{"url":"http://127.0.0.1:9","pid":1}')
    expect(problems(await examine(folder.path, Date.now()))).toEqual(['node: No node answers at http://127.0.0.1:9.'])
    chmodSync(folder.path, 0o755)
    writeFileSync(join(folder.path, 'node.db'), 'x'.repeat(100))
    expect(problems(await examine(folder.path, Date.now()))[0]).toContain('Others of this machine may look into')
    chmodSync(folder.path, 0o700)
    expect(problems(await examine(folder.path, Date.now()))[0]).toContain('node.db is damaged')
    const future = new Date(Date.now() + 86_400_000)
    utimesSync(join(folder.path, 'node.db'), future, future)
    expect(problems(await examine(folder.path, Date.now()))[1]).toContain('before this node was last used')
    const none = join(folder.path, 'none', 'deep')
    expect(problems(await examine(none, Date.now()))).toEqual([`folder: There is no ${none}.`])
  })

  it('[NODE-13] says what to do about the network, without peers', () => {
    const address = `/dns4/push.example.org/tcp/4001/p2p/${ID}`
    const findings = networkFindings(
      {
        ...NETWORK,
        reach: 'anyone',
        reachability: { state: 'network', testedAt: NOW_MS - 600_000 },
        infrastructure: [
          { address, isConnected: true, relay: 'reserved' },
          { address, isConnected: true, relay: 'refused', refusal: `PERMISSION_DENIED by ${ID}` },
          { address, isConnected: false, relay: 'none' },
        ],
        waitingMessages: 3,
        waiting: [{}, {}],
      },
      NOW_MS,
    )
    expect(problems(findings)).toEqual([
      'reach: Reachable on this network only, as far as was proven (confirmed 10 minutes ago).',
      'push nodes: /dns4/push.example.org/tcp/4001 answers, but gives no place: PERMISSION_DENIED by ….',
      'push nodes: /dns4/push.example.org/tcp/4001 does not answer.',
    ])
    for (const { state, advice } of findings) expect(advice !== undefined).toBe(state === 'problem')
    expect(findingsText(findings)).toContain('3 to do.')
    expect(JSON.stringify(findings)).not.toContain(ID)
  })

  it('[NODE-13] says what to do about disk and clock', () => {
    const place = { nowMs: NOW_MS, freeBytes: 1e12 }
    expect(problems(placeFindings(place))).toEqual([])
    expect(problems(placeFindings({ ...place, freeBytes: 1e6 }))).toEqual(['disk: 0 MiB are free.'])
    expect(problems(placeFindings({ ...place, nowMs: 0 }))[0]).toContain('The clock says 1970-01-01')
    expect(problems(placeFindings({ ...place, changedMs: NOW_MS + 60_000, isClockKept: true }))).toEqual([])
  })
})
