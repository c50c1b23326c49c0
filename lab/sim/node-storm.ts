/** The faults of those who hold for others, for one burst of life. */
import type { Dice } from './dice.ts'
import type { MailboxFaults } from './mailbox-faults.ts'
import type { SimNode } from './push-node.ts'
import type { World } from './world.ts'

/** A partition, and a node that was stopped for a while, last about this long. */
const PARTITION_MS = 8_000
const STOPPED_MS = 5_000
const CRASH_COMMITS_MAX = 6

/** Schedules every strike at push nodes for `durationMs`, and turns the faults of requests on. */
export function brewNodes(world: World, dice: Dice, faults: MailboxFaults, durationMs: number): void {
  world.mailboxFaults = faults
  const nodes = world.exchange.pushNodes
  if (nodes.length === 0) return
  const every = (meanMs: number, strike: (node: SimNode) => void) => {
    if (meanMs === 0) return
    for (let atMs = dice.waitMs(meanMs); atMs < durationMs; atMs += dice.waitMs(meanMs)) {
      world.after(atMs, () => strike(dice.pick(nodes)))
    }
  }
  every(faults.nodeKillEveryMs, (node) => killSoon(dice, node))
  every(faults.nodeRestartEveryMs, (node) => {
    if (!node.isUp) return
    world.tally.count('push node restarted')
    node.stop()
    world.after(dice.waitMs(STOPPED_MS), () => node.start())
  })
  every(faults.nodePartitionEveryMs, (node) => {
    const person = dice.pick(world.people)
    world.tally.count('partition from a push node')
    if (person.peerId !== '') world.board.partition(person.peerId, node.peerId, dice.waitMs(PARTITION_MS))
  })
  every(faults.nodeLossEveryMs, (node) => {
    if (node.lie === 'forgets') node.forget()
  })
}

/** Now, or just before or after one of its next commits. */
function killSoon(dice: Dice, node: SimNode): void {
  if (!node.isUp) return
  if (node.disk === undefined || dice.chance(0.4)) {
    node.kill(dice.chance(0.5))
    return
  }
  node.disk.commitsUntilCrash = dice.between(1, CRASH_COMMITS_MAX)
  node.disk.crashesAfterCommit = dice.chance(0.5)
}
