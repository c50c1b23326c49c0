import type { ComponentLogger, Logger, Upgrader } from '@libp2p/interface'

/** What libp2p makes a connection with. It is for transports; a data channel that was dialled through a relay is one. */
export interface Upgrades {
  readonly upgrader: Upgrader
  readonly log: Logger
}

interface Components {
  readonly upgrader: Upgrader
  readonly logger: ComponentLogger
}

export const upgrades =
  () =>
  ({ upgrader, logger }: Components): Upgrades => ({ upgrader, log: logger.forComponent('parley:punch') })
