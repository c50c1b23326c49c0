export { createHost } from './host.ts'
export type { Host, HostOptions } from './host.ts'
export { LINK_PROTOCOL, createLibp2pNetwork } from './network.ts'
export type { Libp2pNetworkOptions } from './network.ts'
