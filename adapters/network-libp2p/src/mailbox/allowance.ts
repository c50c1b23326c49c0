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

/** Peers are forgotten when the caller says so; until then one small record each. */
export function createAllowance({ nowMs }: { readonly nowMs: () => number }): Allowance {
  const bucketsByPeer = new Map<string, Bucket>()
  return {
    take(peerId, { perSecond, burst }) {
      const now = nowMs()
      const bucket = bucketsByPeer.get(peerId) ?? { left: burst, atMs: now }
      bucketsByPeer.set(peerId, bucket)
      bucket.left = Math.min(burst, bucket.left + ((now - bucket.atMs) / 1_000) * perSecond)
      bucket.atMs = now
      if (bucket.left < 1) return false
      bucket.left -= 1
      return true
    },
    forget: (peerId) => void bucketsByPeer.delete(peerId),
  }
}
