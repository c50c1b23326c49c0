/** The exchange of every link, by peer. Spec: PFX-1. */
import type { Context } from '../context.ts'
import type { Session } from '../links/session.ts'
import { ProfileLink, type ProfileLinkHost } from './profile-link.ts'

export class ProfileLinks {
  readonly #context: () => Context
  readonly #host: Omit<ProfileLinkHost, 'clock'>
  /** By peer id: a link that replaces another one takes its place here. */
  readonly #links = new Map<string, { readonly session: Session; readonly link: ProfileLink }>()

  constructor(context: () => Context, host: Omit<ProfileLinkHost, 'clock'>) {
    this.#context = context
    this.#host = host
  }

  get open(): readonly ProfileLink[] {
    return [...this.#links.values()].map(({ link }) => link)
  }

  ofAccount(account: string): readonly ProfileLink[] {
    return this.open.filter((link) => link.account === account)
  }

  of(session: Session): ProfileLink | undefined {
    const open = this.#links.get(session.peerId)
    return open?.session === session ? open.link : undefined
  }

  opened(session: Session, account: string): ProfileLink {
    this.#links.get(session.peerId)?.link.end()
    const link = new ProfileLink(session, account, { ...this.#host, clock: this.#context().clock })
    this.#links.set(session.peerId, { session, link })
    return link
  }

  closed(session: Session): void {
    const link = this.of(session)
    if (link === undefined) return
    link.end()
    this.#links.delete(session.peerId)
  }

  stop(): void {
    for (const { link } of this.#links.values()) link.end()
    this.#links.clear()
  }
}
