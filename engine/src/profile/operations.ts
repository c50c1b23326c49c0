/** The operations about profiles, pictures and presence, for the table of them all. Spec: PFX, PRS. */
import { parseBase64, toBase64 } from '@parley/core'
import { EngineError } from '../api/errors.ts'
import type { ProfileOperations } from '../api/tables.ts'
import type { Presences } from '../presence/presence.ts'
import type { ProfileService } from './service.ts'

/** Parameters were validated. */
export const profileOperations = (service: ProfileService, presences: Presences): ProfileOperations => ({
  queries: {
    'profile.get': () => service.view(),
    'profiles.cached': ({ ids }) => service.cached(ids),
    'profiles.history': ({ account }) => service.history(account),
  },
  commands: {
    'profile.update': ({ visibility, ...texts }) =>
      service.update({ ...texts, ...(visibility === undefined ? {} : { isPublic: visibility === 'public' }) }),
    'profile.setAvatar': async ({ image }) => service.setAvatar(image === '' ? undefined : bytesOf(image)),
    'avatars.fetch': async ({ cid }) => {
      const { image, mediaType } = await service.picture(cid)
      return { mediaType, image: toBase64(image) }
    },
    'presence.set': async ({ status }) => {
      presences.set(status)
      return null
    },
  },
  streams: { 'profiles.fetch': ({ ids, priority = 'soon' }, signal) => service.fetch(ids, priority, signal) },
})

function bytesOf(image: string): Uint8Array {
  const bytes = parseBase64(image)
  if (bytes === undefined) throw new EngineError('AVATAR_UNUSABLE', 'the picture is not base64')
  return bytes
}
