import type { Session } from '../../app/session.ts'
import { createProfileModel, type ProfileModel } from './profile-model.ts'

const models = new WeakMap<Session, ProfileModel>()

/** The one model of a session, so that unsaved changes are there when one comes back. It ends with the session. */
export const profileModelOf = (session: Session): ProfileModel => {
  const known = models.get(session)
  if (known !== undefined) return known
  const made = createProfileModel({ client: session.client, profile: session.profile })
  models.set(session, made)
  return made
}
