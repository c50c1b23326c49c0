/** `settings` and `blocknode`. Spec: OBG-13. */
import { type Given, isGiven, kept, parseObject } from './given.ts'
import { Refusal } from './refusal.ts'
import type { Ask, Routes } from './routes.ts'
import type { Session } from './session.ts'

const KEY = 'openbazaar/settings'
const VALUE_LETTERS_MAX = 200_000

/** OpenBazaar's settings and an example of what each holds; everything else is left out, as OpenBazaar does. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  paymentDataInQR: false,
  showNotifications: false,
  showNsfw: false,
  shippingAddresses: [],
  localCurrency: '',
  country: '',
  preferredCurrencies: [],
  termsAndConditions: '',
  refundPolicy: '',
  storeModerators: [],
  mispaymentBuffer: 1,
  smtpSettings: {},
}
const SMTP = {
  notifications: false,
  openBazaarName: '',
  password: '',
  recipientEmail: '',
  senderEmail: '',
  serverAddress: '',
  username: '',
}

export const settingsRoutes: Routes = {
  'GET settings': getSettings,
  'POST settings': (ask) => ask.session.changes.run(() => postSettings(ask)),
  'PUT settings': (ask) => ask.session.changes.run(() => putSettings(ask)),
  'PATCH settings': (ask) => ask.session.changes.run(() => patchSettings(ask)),
  'POST blocknode': async ({ session, rest }) => {
    await session.blocks.add(rest[0] ?? '')
    return {}
  },
  'DELETE blocknode': async ({ session, rest }) => {
    await session.blocks.remove(rest[0] ?? '')
    session.waiting.tryAll()
    return {}
  },
}

async function readSettings({ client }: Session): Promise<Given | undefined> {
  const { value } = await client.call('app.get', { key: KEY })
  if (value === null) return undefined
  const settings: unknown = JSON.parse(value)
  return isGiven(settings) ? settings : undefined
}

/** The blocked ones are read back from where they are blocked. */
const shown = async ({ session, node }: Ask, settings: Given): Promise<Given> => ({
  ...settings,
  blockedNodes: await session.blocks.list(),
  version: `/parley:${node.version}/`,
})

async function getSettings(ask: Ask): Promise<unknown> {
  const settings = await readSettings(ask.session)
  if (settings === undefined) throw new Refusal(404, 'settings not set')
  return shown(ask, settings)
}

async function postSettings(ask: Ask): Promise<unknown> {
  const given = parseObject(ask.body, 'repo.SettingsData')
  if ((await readSettings(ask.session)) !== undefined) throw new Refusal(409, 'Settings is already set. Use PUT.')
  return save(ask, given, { mispaymentBuffer: 1 })
}

async function putSettings(ask: Ask): Promise<unknown> {
  const given = parseObject(ask.body, 'repo.SettingsData')
  if ((await readSettings(ask.session)) === undefined) throw new Refusal(404, 'Settings is not yet set. Use POST.')
  return save(ask, given, { mispaymentBuffer: 1 })
}

async function patchSettings(ask: Ask): Promise<unknown> {
  const given = parseObject(ask.body, 'repo.SettingsData')
  const before = await readSettings(ask.session)
  if (before === undefined) throw new Refusal(404, 'settings not set')
  await save(ask, given, before)
  return {}
}

/** Blocks first: what was said about others holds even when the rest cannot be kept. */
async function save(ask: Ask, given: Given, otherwise: Given): Promise<Given> {
  const settings = { ...otherwise, ...checked(given) }
  const blocked = blockedIn(given)
  const value = JSON.stringify(settings)
  if (value.length > VALUE_LETTERS_MAX) throw new Refusal(400, 'These settings are too long.')
  if (blocked !== undefined) {
    await ask.session.blocks.set(blocked)
    // What waited for those who are not blocked any more.
    ask.session.waiting.tryAll()
  }
  await ask.session.client.call('app.set', { key: KEY, value })
  return shown(ask, settings)
}

function blockedIn({ blockedNodes: given }: Given): readonly string[] | undefined {
  if (given === undefined || given === null) return undefined
  if (!Array.isArray(given) || !given.every((item) => typeof item === 'string')) throw wrong('blockedNodes')
  return given
}

function checked(given: Given): Given {
  const entries = Object.entries(EXAMPLES).flatMap(([name, example]) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined || value === null) return []
    const copy = kept(value)
    const isSame = typeof copy === typeof example && Array.isArray(copy) === Array.isArray(example)
    if (copy === undefined || !isSame) throw wrong(name)
    return [[name, name === 'smtpSettings' && isGiven(copy) ? { ...SMTP, ...copy } : copy] as const]
  })
  return Object.fromEntries(entries)
}

const wrong = (name: string): Refusal =>
  new Refusal(400, `json: cannot unmarshal ${name} into Go value of type repo.SettingsData`)
