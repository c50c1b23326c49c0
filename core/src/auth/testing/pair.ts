/** Two ends of a link without a network: flights are handed over by the test, which may do worse than hand them over. */
import type { CryptoPort, RandomPort } from '../../base/crypto.ts'
import type { Millis } from '../../base/time.ts'
import { NOW, type TestPerson } from '../../identity/testing/people.ts'
import { createAuth, stepAuth } from '../machine.ts'
import type { AuthEvent, AuthLink, AuthPorts, AuthRole, AuthState, AuthTransition } from '../types.ts'

export interface End {
  readonly sent: Uint8Array[]
  readonly events: AuthEvent[]
  state: AuthState
  isClosed: boolean
  timerAt: Millis | undefined
  step(
    input:
      | { readonly type: 'net.received'; readonly bytes: Uint8Array }
      | { readonly type: 'link.opened' | 'timer.fired' | 'link.closed' },
    now?: Millis,
  ): Promise<AuthTransition>
}

export interface EndOptions {
  readonly role: AuthRole
  readonly own: TestPerson
  /** Peer id that the transport reports. */
  readonly remotePeerId: string
  readonly expectedAccount?: string
  readonly certificate?: Uint8Array
  readonly isBlocked?: AuthPorts['isBlocked']
}

export function createEnd(crypto: CryptoPort, random: RandomPort, options: EndOptions): End {
  const { role, own, remotePeerId, expectedAccount } = options
  const link: AuthLink = {
    role,
    ownPeerId: own.peerId,
    ownCertificate: options.certificate ?? own.certificate.bytes,
    remotePeerId,
    ...(expectedAccount === undefined ? {} : { expectedAccount }),
  }
  const ports: AuthPorts = { crypto, random, deviceSeed: own.deviceSeed, isBlocked: options.isBlocked ?? (() => false) }
  const end: End = {
    sent: [],
    events: [],
    state: createAuth(link),
    isClosed: false,
    timerAt: undefined,
    async step(input, now = NOW) {
      const transition = await stepAuth(end.state, { ...input, now }, ports)
      end.state = transition.state
      end.events.push(...transition.events)
      for (const effect of transition.effects) {
        if (effect.type === 'net.send') end.sent.push(effect.bytes)
        else if (effect.type === 'net.close') end.isClosed = true
        else end.timerAt = effect.type === 'timer.set' ? effect.at : undefined
      }
      return transition
    },
  }
  return end
}

/** Hands the newest flight of `from` to `to`. */
export async function deliver(from: End, to: End, now?: Millis): Promise<void> {
  const bytes = from.sent.at(-1)
  if (bytes === undefined) throw new Error('nothing was sent')
  await to.step({ type: 'net.received', bytes }, now)
}

/** Opens both ends and exchanges all three flights. */
export async function shake(initiator: End, responder: End): Promise<void> {
  await initiator.step({ type: 'link.opened' })
  await responder.step({ type: 'link.opened' })
  await deliver(initiator, responder)
  await deliver(responder, initiator)
  await deliver(initiator, responder)
}

export const outcomeOf = (end: End): string | undefined => {
  const [event] = end.events
  if (event === undefined) return undefined
  return event.type === 'auth.refused' ? event.reason : event.account
}
