/** What a push node counts, as Prometheus text. Counts, never peers. Spec: PUSH-3. */
import type { PushFigures } from '@parley/adapter-network-libp2p'
import type { HolderFigures } from '@parley/engine'

export interface Figures {
  readonly host: PushFigures
  readonly held: HolderFigures
  readonly uptimeSeconds: number
  readonly residentBytes: number
}

type Values = readonly (readonly [labels: string, value: number])[]

const family =
  (type: 'gauge' | 'counter') =>
  (name: string, help: string, values: Values | number): string => {
    const all: Values = typeof values === 'number' ? [['', values]] : values
    const lines = all.map(([labels, value]) => `${name}${labels} ${value}`)
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
  }
const gauge = family('gauge')
const counter = family('counter')

export const figuresText = (figures: Figures): string => [...hostText(figures), ...heldText(figures.held)].join('')

const hostText = ({ host, uptimeSeconds, residentBytes }: Figures): readonly string[] => [
  gauge('parley_push_connections', 'Open connections.', [
    ['{direction="inbound"}', host.connectionsInbound],
    ['{direction="outbound"}', host.connectionsOutbound],
  ]),
  gauge('parley_push_connections_max', 'Connections beyond which idle ones are closed.', host.connectionsMax),
  gauge('parley_push_peers', 'Connected peers.', host.peers),
  gauge('parley_push_relay_reservations', 'Devices that can be reached through this node.', host.reservations),
  gauge('parley_push_relay_reservations_max', 'Reservations that this node grants.', host.reservationsMax),
  counter(
    'parley_push_relay_refused_total',
    'Requests of devices for a reservation that were refused.',
    Object.entries(host.reservationsRefused).map(([reason, count]) => [`{reason="${reason}"}`, count]),
  ),
  gauge('parley_push_relay_circuits', 'Connections that pass through this node.', host.circuits),
  gauge('parley_push_dht_peers', 'Entries of the routing table.', host.dhtPeers),
  counter('parley_push_stun_requests_total', 'Datagrams at the STUN port.', [
    ['{outcome="answered"}', host.stun.answered],
    ['{outcome="limited"}', host.stun.limited],
    ['{outcome="ignored"}', host.stun.ignored],
  ]),
  counter('parley_push_dial_backs_total', 'Questions of devices whether they can be reached.', [
    ['{outcome="reached"}', host.dialBacks.reached],
    ['{outcome="unreached"}', host.dialBacks.unreached],
    ['{outcome="refused"}', host.dialBacks.refused],
  ]),
  gauge('parley_push_uptime_seconds', 'Time since the start.', Math.round(uptimeSeconds)),
  gauge('process_resident_memory_bytes', 'Resident memory.', residentBytes),
]

const heldText = (held: HolderFigures): readonly string[] => [
  gauge('parley_push_held_blocks', 'Envelopes that wait here.', held.blocks),
  gauge('parley_push_held_pointers', 'Pointers that are held.', held.pointers),
  gauge('parley_push_held_profiles', 'Accounts whose public profile is held.', held.profiles),
  gauge('parley_push_held_bytes', 'Bytes of envelopes, pointers and profiles.', held.bytes),
  gauge('parley_push_held_bytes_max', 'Bytes beyond which nothing more is taken.', held.bytesMax),
  gauge(
    'parley_push_store_failing',
    '1 while the database cannot be written.',
    held.storeFailure === undefined ? 0 : 1,
  ),
  counter(
    'parley_push_requests_total',
    'Requests of the mailbox protocol.',
    held.requests.map(({ type, outcome, count }) => [`{type="${type}",outcome="${outcome}"}`, count]),
  ),
  counter(
    'parley_push_records_total',
    'Pointers that were put here.',
    Object.entries(held.records).map(([status, count]) => [`{status="${status}"}`, count]),
  ),
  counter(
    'parley_push_profiles_total',
    'Public profiles that were put here.',
    Object.entries(held.profilePuts).map(([status, count]) => [`{status="${status}"}`, count]),
  ),
  counter('parley_push_collected_total', 'Envelopes, pointers and profiles whose time was over.', held.collected),
]
