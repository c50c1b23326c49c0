import { daemonFields } from '../config/daemon-fields.ts'
import type { Settings } from '../config/load.ts'
import type { Command } from './command.ts'

/** `parley start`: for people. */
export const start: Command = {
  name: 'start',
  summary: 'Runs your node and opens its page.',
  fields: daemonFields.map((field) => (field.key === 'open' ? { ...field, default: true } : field)),
  examples: [
    ['parley start', 'Your node with its data in ~/.parley.'],
    ['parley start --data ~/second --api-port 0', 'Another node beside it.'],
    ['parley start --reach network', 'Reachable from your network.'],
  ],
  run: runDaemon,
}

/** `parley daemon`: for servers and scripts. */
export const daemon: Command = {
  name: 'daemon',
  summary: 'Runs a node without opening anything.',
  fields: daemonFields,
  examples: [
    ['parley daemon --data /srv/bob --api-port 0 --json', 'Prints one JSON line when ready.'],
    ['parley daemon --bootstrap /dns4/push.example.org/tcp/4001/p2p/12D3KooW…', 'Stays connected to a push node.'],
    ['parley daemon --passphrase-file /run/secrets/parley', 'Opens sealed keys by itself.'],
    ['parley daemon --tor --data /srv/hidden', 'Hides where it is: through Tor, at an onion address.'],
    ['parley daemon --openbazaar-api 127.0.0.1:4002', 'Serves clients of OpenBazaar 2.0 too.'],
    ['parley daemon --print-config', 'Shows what would be used, and ends.'],
  ],
  run: runDaemon,
}

/** A node is loaded when one is run, not when its help is shown. */
async function runDaemon(settings: Settings): Promise<number> {
  const { runDaemon: run } = await import('./run-daemon.ts')
  return run(settings)
}
