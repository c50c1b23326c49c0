/** Our own DHT, not the public one. Spec: NET-4. */
export const DHT_PROTOCOL = '/parley/kad/1.0.0'
