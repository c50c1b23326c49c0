import type { Presence, Profile } from '@parley/engine/api'
import { accountOf } from './fake-ids.ts'
import { fakeCid, newProfile } from './fake-profiles.ts'
import type { FakeWorld } from './fake-world.ts'

/** Of somebody who is no contact and has a public profile. */
const FINDABLE_ID = 'QmZbTKmfQXV8RvPqTsDTmAZ3ubgLLkjCDqHkBNBnPBGvXH'
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

interface Person {
  readonly fields: Partial<Profile>
  readonly presence?: Presence['status']
  /** Minutes since they were last there. */
  readonly seen?: number
  readonly hasPicture?: boolean
}

const adaAbout = `I make and mend chairs in a small workshop behind the old tram depot.

Walnut, ash and cherry, nothing with a veneer. I answer in the evening; during the day there is sawdust on everything.

Prices are for collection. I ship within Europe in a crate that I build for the piece; that takes three days and costs what the wood costs. Look at <b>what is there</b> at https://example.org/chairs before you ask for something new.

Please do not write about the blue one. It is gone.`

const people: Readonly<Record<string, Person>> = {
  'Ada Lindqvist': {
    fields: { handle: 'ada', location: 'Malmö, Sweden', about: adaAbout },
    presence: 'online',
    hasPicture: true,
  },
  'Bruno Okafor': {
    fields: { handle: 'bruno.lenses', location: 'Prague', about: 'Old lenses, cleaned and tested.' },
    presence: 'away',
    hasPicture: true,
  },
  'Mira Castellanos': {
    fields: { handle: 'mira', location: 'Valparaíso', about: '' },
    presence: 'offline',
    seen: 300,
    hasPicture: true,
  },
  'دانا الخطيب': {
    fields: { handle: 'دانا', location: 'عمّان', about: 'سجاد قديم من الأردن وفلسطين.' },
    presence: 'online',
  },
  'Maximiliane Freifrau von Hohenstein-Wittelsbach zu Tauberbischofsheim': {
    fields: { handle: 'maximiliane_von_hohenstein_wittelsbach_z', location: 'Tauberbischofsheim an der Tauber, Baden' },
  },
  Olu: { fields: { handle: 'olu', location: 'Lagos' }, presence: 'offline', seen: 2_000, hasPicture: true },
  'Jun Watanabe': { fields: { handle: 'jun', location: '京都' }, hasPicture: true },
}

const versionsOf = (account: string, name: string, fields: Partial<Profile>, now: number): readonly Profile[] => {
  const first = newProfile(account, name, now - 200 * DAY_MS, { version: 10, location: 'Lund' })
  const second = { ...first, ...fields, about: 'Chairs.', avatar: undefined, version: 11, changedAt: now - 90 * DAY_MS }
  const { avatar: _none, ...plain } = second
  return [{ ...plain, ...fields, version: 14, changedAt: now - 3 * DAY_MS }, plain, first]
}

/** What the people of the lived-in node say about themselves, and whether they are there. */
export const seedProfiles = (world: FakeWorld): void => {
  for (const each of world.conversations) {
    const person = people[each.claimedName]
    if (person === undefined) continue
    const { presence = 'hidden', seen, hasPicture = false } = person
    const fields = { ...person.fields, ...(hasPicture ? { avatar: fakeCid(each.claimedName) } : {}) }
    const versions = versionsOf(each.account, each.claimedName, fields, world.now())
    each.profiles = each.claimedName === 'Ada Lindqvist' ? versions : versions.slice(0, 1)
    each.presence = { status: presence, ...(seen === undefined ? {} : { seenAt: world.now() - seen * MINUTE_MS }) }
  }
  const vera = newProfile(accountOf('Vera'), 'Vera Holub', world.now() - 5 * DAY_MS, {
    handle: 'vera.lamps',
    location: 'Brno',
    about: 'Lamps from 1950 to 1975, rewired. On Sundays at the flea market by the river.',
    avatar: fakeCid('Vera'),
  })
  world.profiles.strangers.set(vera.account, { profile: vera, isKnown: true })
  const sten = newProfile(accountOf('Sten'), 'Sten Aalto', world.now() - 9 * DAY_MS, {
    handle: 'sten',
    location: 'Turku',
    about: 'Maps and globes before 1940. I buy, I sell, I answer questions about neither at night.',
    avatar: fakeCid('Sten'),
    invite: 'https://parley.example/i#sten',
  })
  world.profiles.strangers.set(FINDABLE_ID, { profile: sten, isKnown: false })
  world.profiles.own = {
    ...world.profiles.own,
    handle: 'robin',
    location: 'Gothenburg',
    about: 'Furniture and lamps, found, mended and passed on.\n\nAsk me about anything with a dovetail joint.',
    avatar: fakeCid('me'),
  }
}
