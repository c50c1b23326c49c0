import { daemonFields } from '../config/daemon-fields.ts'
import { isOn, textOf } from '../config/load.ts'
import type { Command } from './command.ts'

/** `parley doctor`: what is so, and what to do. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'Looks whether your node is well and says what to do. Names nobody and shows no secret.',
  fields: [
    ...daemonFields.filter(({ key }) => key === 'data'),
    { key: 'json', kind: 'switch', default: false, help: 'Print one JSON line.' },
  ],
  hasFile: false,
  examples: [
    ['parley doctor', 'The node on ~/.parley, running or not. Exit code 1: something has to be done.'],
    ['parley doctor --data ~/.parley-push --json', 'A push node, for a program.'],
  ],
  async run(settings) {
    const [{ examine }, { findingsText }] = await Promise.all([
      import('../doctor/examine.ts'),
      import('../doctor/findings.ts'),
    ])
    const findings = await examine(textOf(settings, 'data') ?? '', Date.now())
    const isWell = findings.every(({ state }) => state !== 'problem')
    process.stdout.write(isOn(settings, 'json') ? `${JSON.stringify({ isWell, findings })}\n` : findingsText(findings))
    return isWell ? 0 : 1
  },
}
