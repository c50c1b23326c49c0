import { pushNodeConfig } from '@parley/push-node'
import { ConfigError, type Field } from '../config/fields.ts'
import type { Command } from './command.ts'

const DATA_DEFAULT = '~/.parley-push'

/** The push node's own table in the words of this program. */
const fields: readonly Field[] = Object.entries(pushNodeConfig.fields).map(([key, field]) => {
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

/** `parley push-node`: an always-on node that helps others to reach each other. */
export const pushNode: Command = {
  name: 'push-node',
  summary: 'Runs an always-on node that anyone may use to be reached: circuit relay and DHT server.',
  fields,
  examples: [
    ['parley push-node --data /srv/push', 'Listens on ports 4001 (TCP) and 4002 (WebSocket).'],
    ['parley push-node --announce /dns4/push.example.org/tcp/4001', 'Behind a router or a load balancer.'],
    ['parley push-node --metrics-listen 127.0.0.1:9464', 'Prometheus text on /metrics.'],
  ],
  async run(settings) {
    const values = fields.map(({ key }) => [key, settings.get(key)?.value] as const)
    const config = pushNodeConfig.parse(Object.fromEntries(values.filter(([, value]) => value !== undefined)))
    if (!config.ok) throw new ConfigError(config.reason)
    const { runPushNode } = await import('@parley/push-node/main')
    return runPushNode(config.value)
  },
}
