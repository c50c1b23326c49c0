import { assert } from '../base/assert.ts'
import { AUTH_NONCE_BYTES, AUTH_TIMEOUT_MS } from '../base/limits.ts'
import { exhaustive } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import { parseDeviceCertificate, peerIdOfKey } from '../identity/index.ts'
import { encodeFlight, type Flight, parseFlight } from './codec.ts'
import { authenticated, checkRemote, isPossiblePeer, isSigned, refused, sign, unchanged } from './rules.ts'
import type { AuthInput, AuthLink, AuthPorts, AuthState, AuthTranscript, AuthTransition } from './types.ts'

/**
 * The state of a link on which nothing has happened yet. The link's byte arrays are borrowed.
 * @throws AssertionError when our own certificate is not for the device that our own peer id names.
 */
export function createAuth(link: AuthLink): AuthState {
  const own = parseDeviceCertificate(link.ownCertificate)
  assert(own.ok && peerIdOfKey(own.value.deviceKey) === link.ownPeerId, 'own certificate and peer id are of one device')
  return { type: 'fresh', link }
}

/**
 * One transition of the handshake. Total: any input in any state has an outcome. `authenticated` and `refused` are
 * final and ignore every input; bytes that arrive after `auth.authenticated` belong to other protocols.
 * Spec: AUTH-1…AUTH-9.
 */
export async function stepAuth(state: AuthState, input: AuthInput, ports: AuthPorts): Promise<AuthTransition> {
  switch (input.type) {
    case 'link.opened':
      return state.type === 'fresh' ? open(state.link, input.now, ports) : unchanged(state)
    case 'net.received':
      return receive(state, input.bytes, input.now, ports)
    case 'timer.fired':
      return expire(state, input.now)
    case 'link.closed':
      return close(state)
    default:
      return exhaustive(input)
  }
}

function open(link: AuthLink, now: Millis, ports: AuthPorts): AuthTransition {
  const deadline = now + AUTH_TIMEOUT_MS
  if (!isPossiblePeer(link)) return refused('wrong-peer', deadline)
  const timer = { type: 'timer.set', at: deadline } as const
  if (link.role === 'responder') {
    return { state: { type: 'awaiting-hello', link, deadline }, effects: [timer], events: [] }
  }
  const nonce = ports.random(AUTH_NONCE_BYTES)
  const hello = encodeFlight({ type: 'hello', nonce, certificate: link.ownCertificate })
  return {
    state: { type: 'awaiting-answer', link, deadline, nonce },
    effects: [timer, { type: 'net.send', bytes: hello }],
    events: [],
  }
}

function expire(state: AuthState, now: Millis): AuthTransition {
  switch (state.type) {
    case 'awaiting-hello':
    case 'awaiting-answer':
    case 'awaiting-proof':
      return now < state.deadline ? unchanged(state) : refused('timeout', state.deadline)
    case 'silent':
      return now < state.deadline
        ? unchanged(state)
        : { state: { type: 'refused' }, effects: [{ type: 'net.close' }], events: [] }
    default:
      return unchanged(state)
  }
}

function close(state: AuthState): AuthTransition {
  switch (state.type) {
    case 'authenticated':
    case 'refused':
      return unchanged(state)
    case 'silent':
      return { state: { type: 'refused' }, effects: [{ type: 'timer.clear' }], events: [] }
    default:
      return {
        state: { type: 'refused' },
        effects: [{ type: 'timer.clear' }],
        events: [{ type: 'auth.refused', reason: 'closed' }],
      }
  }
}

async function receive(state: AuthState, bytes: Uint8Array, now: Millis, ports: AuthPorts): Promise<AuthTransition> {
  switch (state.type) {
    case 'silent':
    case 'authenticated':
    case 'refused':
      return unchanged(state)
    case 'fresh':
      return refused('out-of-order', now)
    case 'awaiting-hello':
    case 'awaiting-answer':
    case 'awaiting-proof': {
      // A late timer must not let a late flight in.
      if (now >= state.deadline) return refused('timeout', state.deadline)
      const flight = parseFlight(bytes)
      if (!flight.ok) return refused(flight.reason, state.deadline)
      return take(state, flight.value, now, ports)
    }
    default:
      return exhaustive(state)
  }
}

type Awaiting = Extract<AuthState, { type: 'awaiting-hello' | 'awaiting-answer' | 'awaiting-proof' }>

function take(
  state: Awaiting,
  flight: Flight,
  now: Millis,
  ports: AuthPorts,
): AuthTransition | Promise<AuthTransition> {
  if (state.type === 'awaiting-hello' && flight.type === 'hello') return answer(state, flight, now, ports)
  if (state.type === 'awaiting-answer' && flight.type === 'answer') return prove(state, flight, now, ports)
  if (state.type === 'awaiting-proof' && flight.type === 'proof') return conclude(state, flight, ports)
  return refused('out-of-order', state.deadline)
}

async function answer(
  state: Extract<AuthState, { type: 'awaiting-hello' }>,
  hello: Extract<Flight, { type: 'hello' }>,
  now: Millis,
  ports: AuthPorts,
): Promise<AuthTransition> {
  const { link, deadline } = state
  const remote = await checkRemote(link, hello.certificate, now, ports)
  if (!remote.ok) return refused(remote.reason, deadline)
  const nonce = ports.random(AUTH_NONCE_BYTES)
  const transcript: AuthTranscript = {
    initiatorNonce: hello.nonce,
    responderNonce: nonce,
    initiatorPeerId: link.remotePeerId,
    responderPeerId: link.ownPeerId,
    initiatorCertificate: hello.certificate,
    responderCertificate: link.ownCertificate,
  }
  const signature = await sign(ports, 'responder', transcript)
  const bytes = encodeFlight({ type: 'answer', nonce, certificate: link.ownCertificate, signature })
  return {
    state: { type: 'awaiting-proof', link, deadline, transcript, remote: remote.value },
    effects: [{ type: 'net.send', bytes }],
    events: [],
  }
}

async function prove(
  state: Extract<AuthState, { type: 'awaiting-answer' }>,
  answered: Extract<Flight, { type: 'answer' }>,
  now: Millis,
  ports: AuthPorts,
): Promise<AuthTransition> {
  const { link, deadline } = state
  const remote = await checkRemote(link, answered.certificate, now, ports)
  if (!remote.ok) return refused(remote.reason, deadline)
  const transcript: AuthTranscript = {
    initiatorNonce: state.nonce,
    responderNonce: answered.nonce,
    initiatorPeerId: link.ownPeerId,
    responderPeerId: link.remotePeerId,
    initiatorCertificate: link.ownCertificate,
    responderCertificate: answered.certificate,
  }
  const signer = { role: 'responder', deviceKey: remote.value.deviceKey } as const
  if (!(await isSigned(ports, signer, transcript, answered.signature))) return refused('bad-signature', deadline)
  const proof = encodeFlight({ type: 'proof', signature: await sign(ports, 'initiator', transcript) })
  const outcome = authenticated(remote.value)
  return { ...outcome, effects: [{ type: 'net.send', bytes: proof }, ...outcome.effects] }
}

async function conclude(
  state: Extract<AuthState, { type: 'awaiting-proof' }>,
  proof: Extract<Flight, { type: 'proof' }>,
  ports: AuthPorts,
): Promise<AuthTransition> {
  const signer = { role: 'initiator', deviceKey: state.remote.deviceKey } as const
  const isProven = await isSigned(ports, signer, state.transcript, proof.signature)
  return isProven ? authenticated(state.remote) : refused('bad-signature', state.deadline)
}
