import { pushNodeConfig } from '@parley/push-node'
import { ConfigError, type Field } from '../config/fields.ts'
import { isOn } from '../config/load.ts'
import { createLog } from '../log.ts'
import type { Command } from './command.ts'
import { untilSignal } from './lifetime.ts'

const DATA_DEFAULT = '~/.parley-push'

/** The push node's own table in the words of this program. */
const ownFields: readonly Field[] = Object.entries(pushNodeConfig.fields).map(([key, field]) => {
  const otherwise = key === 'data' ? DATA_DEFAULT : field.default
  return {
    key,
    kind: key === 'data' ? 'folder' : field.isList ? 'list' : 'text',
    placeholder: field.value,
    help: `${field.help.charAt(0).toUpperCase()}${field.help.slice(1)}.`,
    isInFile: key !== 'data',
    ...(otherwise === undefined ? {} : { default: otherwise }),
  }
})

const fields: readonly Field[] = [
  ...ownFields,
  {
    key: 'json',
    kind: 'switch',
    default: false,
    isInFile: false,
    help: 'Print one JSON line when ready, and the log as JSON lines.',
  },
]

/** `parley push-node`: an always-on node that helps others to reach each other. */
export const pushNode: Command = {
  name: 'push-node',
  summary: 'Runs an always-on node that anyone may use to be reached: circuit relay and DHT server.',
  fields,
  examples: [
    ['parley push-node --data /srv/push', 'Listens on ports 4001 (TCP) and 4002 (WebSocket).'],
    ['parley push-node --announce /dns4/push.example.org/tcp/4001', 'Behind a router or a load balancer.'],
    ['parley push-node --listen /ip4/127.0.0.1/tcp/0 --json', 'Prints one JSON line with its addresses and its link.'],
    ['parley push-node --metrics-listen 127.0.0.1:9464', 'Prometheus text on /metrics.'],
  ],
  async run(settings) {
    const ended = untilSignal()
    const values = ownFields.map(({ key }) => [key, settings.get(key)?.value] as const)
    const config = pushNodeConfig.parse(Object.fromEntries(values.filter(([, value]) => value !== undefined)))
    if (!config.ok) throw new ConfigError(config.reason)
    const { runPushNode } = await import('@parley/push-node/main')
    if (isOn(settings, 'json')) return runPushNode(config.value, { ended })
    return runPushNode(config.value, {
      ended,
      log: createLog({ level: 'info', isJson: false, write: (line) => process.stderr.write(line) }),
      async announce(ready) {
        // Started for programs much more often than for people: what only people want is loaded for them.
        const { pushNodeText } = await import('./push-node-text.ts')
        process.stdout.write(pushNodeText(ready, process.stdout.isTTY ? process.stdout.columns : 0))
      },
    })
  },
}
