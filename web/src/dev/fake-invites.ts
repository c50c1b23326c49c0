import { EngineError, type Invite, type InvitePreview, type Params } from '@parley/engine/api'
import { worksOnNow } from '../screens/add-contact/works-on.ts'
import { accountOf } from './fake-ids.ts'
import type { FakeState } from './fake-state.ts'

const LIFE_MS = 30 * 86_400_000

/** Invites of the pretend world work where their last word says: `…#computer`, `…#network`; others from anywhere. */
export const previewOf = (state: FakeState, link: string): InvitePreview => {
  const known = state.previews.get(link)
  if (known !== undefined) return known
  if (!link.includes('#')) throw new EngineError('INVITE_MALFORMED')
  const own = state.invites.find((invite) => invite.link === link)
  if (own !== undefined) {
    const { expiresAt, worksOn } = own
    return { account: state.account, name: state.me.current.name, expiresAt, worksOn, pushNodes: [], problem: 'own' }
  }
  const worksOn = (['computer', 'network'] as const).find((each) => link.endsWith(`#${each}`)) ?? 'anywhere'
  return {
    account: accountOf('Noor'),
    name: 'Noor',
    expiresAt: state.now() + LIFE_MS,
    worksOn,
    pushNodes: worksOn === 'anywhere' ? ['/dns4/push.noor.example/tcp/443/wss/p2p/12D3KooWPushNoorQ8wTy'] : [],
  }
}

export const inviteHandlers = (state: FakeState) => ({
  'invites.create': (): Invite => {
    const { invites, now, network } = state
    const id = `i${invites.length + 1}`
    const link = `https://parley.example/i#${'mE7pQx2Lr9vKf4Tz'.repeat(12)}${id}`
    const invite = { id, link, createdAt: now(), expiresAt: now() + LIFE_MS, worksOn: worksOnNow(network) }
    state.invites = [...invites, invite]
    state.touch()
    return invite
  },
  'invites.list': () => [...state.invites],
  'invites.revoke': ({ id }: Params<'invites.revoke'>) => {
    state.invites = state.invites.filter((invite) => invite.id !== id)
    state.touch()
    return null
  },
  'invites.preview': ({ link }: Params<'invites.preview'>) => previewOf(state, link),
})
