/** Time and timers. The simulation's clock only moves when the world says so. */
export interface ClockPort {
  /** Unix milliseconds, integer. May jump either way when the device's clock is set. */
  now(): number
  /** Calls `fire` once after `delayMs` of running time. Cancelling after it fired does nothing. */
  after(delayMs: number, fire: () => void): Cancel
}
export type Cancel = () => void
