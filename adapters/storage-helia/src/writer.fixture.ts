/** A process that stores one block after the other, saying which are done, until it is killed. */
import { namedBlock } from '@parley/engine/contract'
import { Outbox } from './outbox.ts'

const [folder = '', first = '0'] = process.argv.slice(2)
const outbox = new Outbox(folder)
await outbox.open({ log(): void {} })
for (let index = Number(first); ; index++) {
  const { cid, block } = namedBlock(index, 65_536)
  await outbox.write(cid, block)
  process.stdout.write(`${cid}\n`)
}
