/** How much each peer may still say: a bucket that fills with time. */

export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export interface Allowance {
  /** True when `peerId` may say one thing more now. */
  take(peerId: string, rate: Rate): boolean
  forget(peerId: string): void
}

interface Bucket {
  left: number
  atMs: number
}

/** Peers that are remembered; whoever is forgotten starts with a full bucket. */
const PEERS_MAX = 4_096

/** The caller forgets who is gone; of too many, the one who said its first thing longest ago is forgotten. */
export function createAllowance({ nowMs }: { readonly nowMs: () => number }): Allowance {
  const bucketsByPeer = new Map<string, Bucket>()
  return {
    take(peerId, { perSecond, burst }) {
      const now = nowMs()
      const bucket = bucketsByPeer.get(peerId) ?? { left: burst, atMs: now }
      bucketsByPeer.set(peerId, bucket)
      const [oldest] = bucketsByPeer.keys()
      if (bucketsByPeer.size > PEERS_MAX && oldest !== undefined) bucketsByPeer.delete(oldest)
      bucket.left = Math.min(burst, bucket.left + ((now - bucket.atMs) / 1_000) * perSecond)
      bucket.atMs = now
      if (bucket.left < 1) return false
      bucket.left -= 1
      return true
    },
    forget: (peerId) => void bucketsByPeer.delete(peerId),
  }
}
