import type { Page } from 'playwright-core'
import {
  openFirst,
  openStates,
  openMenu,
  openConversationMenu,
  undecided,
  allowed,
  beTold,
  openDetails,
  choosePicture,
  sheet,
  waiting,
  pushNodes,
  testNode,
  worksOn,
  preview,
} from './look-actions.ts'

/** One picture: where it is, and what is done before it is taken. */
export interface Screen {
  readonly name: string
  readonly path?: string
  readonly scenario?: string
  /** Before the page is loaded. */
  readonly prepare?: (page: Page) => Promise<unknown>
  readonly act?: (page: Page) => Promise<unknown>
}

/** Every screen, and the states of it that differ. */
export const screens: readonly Screen[] = [
  { name: 'onboarding', scenario: 'onboarding' },
  {
    name: 'onboarding-reach',
    scenario: 'onboarding',
    act: async (page) => {
      await page.getByLabel('Your name').fill('Nora')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'My network' }).waitFor()
    },
  },
  { name: 'recover', scenario: 'onboarding', act: (page) => page.getByText('I have 24 recovery words').click() },
  { name: 'unlock', scenario: 'locked' },
  { name: 'welcome', scenario: 'empty', act: (page) => page.getByRole('img', { name: 'QR code' }).waitFor() },
  { name: 'list' },
  { name: 'conversation', act: openFirst },
  { name: 'states', act: openStates },
  { name: 'contact', act: openDetails },
  {
    name: 'contact-history',
    act: async (page) => {
      await openDetails(page)
      await page.getByText('Earlier versions of the profile').click()
      await page.getByText('First version seen here').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'contact-plain',
    act: async (page) => {
      await page.getByText('يوسف').click()
      await page.getByRole('button', { name: 'Details', exact: true }).click()
      await page.getByTestId('safety-number').waitFor()
    },
  },
  {
    name: 'contact-long',
    act: async (page) => {
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox').fill('Maximiliane')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Details', exact: true }).click()
      await page.getByTestId('safety-number').waitFor()
    },
  },
  {
    name: 'block',
    act: async (page) => {
      await openDetails(page)
      await page.getByRole('button', { name: 'Block' }).click()
      await page.getByRole('alertdialog').waitFor()
    },
  },
  {
    name: 'find',
    path: '/?sheet=add',
    act: async (page) => {
      await page.getByTestId('paste-invite').fill('QmZbTKmfQXV8RvPqTsDTmAZ3ubgLLkjCDqHkBNBnPBGvXH')
      await page.getByTestId('found').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'found',
    path: '/?sheet=add',
    act: async (page) => {
      await page.getByTestId('paste-invite').fill('QmZbTKmfQXV8RvPqTsDTmAZ3ubgLLkjCDqHkBNBnPBGvXH')
      await page.getByRole('button', { name: 'Look up their profile' }).click()
      await page.getByTestId('found').getByRole('button', { name: 'Ask for contact' }).scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'unmet-details',
    act: async (page) => {
      await page.getByText('Chloé Meier').click()
      await page.getByRole('button', { name: 'Details', exact: true }).click()
      await page.getByTestId('safety-number').waitFor()
    },
  },
  { name: 'profile', path: '/profile', act: (page) => page.getByText('Saved').waitFor() },
  { name: 'profile-empty', scenario: 'empty', path: '/profile', act: (page) => page.getByText('Saved').waitFor() },
  {
    name: 'profile-changed',
    path: '/profile',
    act: async (page) => {
      await choosePicture(page)
      await page.getByLabel('Handle').fill('robin the second')
      await page.getByRole('radio', { name: 'Everybody' }).check()
      await page.getByText('Something above has to be changed first.').waitFor()
    },
  },
  {
    name: 'profile-public',
    path: '/profile',
    act: async (page) => {
      await choosePicture(page)
      await page.getByRole('radio', { name: 'Everybody' }).check()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('It goes to your contacts').waitFor()
      await page.getByText('IPNS name', { exact: true }).scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'menu',
    act: async (page) => {
      await openFirst(page)
      await page.getByText('I can hold it until Sunday.').last().click({ button: 'right' })
      await page.getByRole('menuitem').first().waitFor()
    },
  },
  {
    name: 'emoji',
    act: async (page) => {
      await openFirst(page)
      await page.getByRole('button', { name: 'Emoji' }).click()
      await page.getByRole('gridcell').first().waitFor()
    },
  },
  { name: 'requests', path: '/requests', act: (page) => page.getByTestId('request').first().waitFor() },
  { name: 'settings', path: '/settings', act: (page) => page.getByTestId('settings').waitFor() },
  {
    name: 'settings-attention',
    prepare: allowed,
    act: async (page) => {
      await openConversationMenu(page)
      await page.getByRole('menuitem', { name: 'Mute' }).click()
      await page.goto(new URL('/settings', page.url()).href)
      await page.getByText('Muted conversations').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'settings-presence',
    path: '/settings',
    act: async (page) => {
      await page.getByText('My contacts', { exact: true }).click()
      await page.getByText('Only contacts that you accepted').scrollIntoViewIfNeeded()
    },
  },
  { name: 'conversation-menu', act: openConversationMenu },
  {
    name: 'clear',
    act: async (page) => {
      await openConversationMenu(page)
      await page.getByRole('menuitem', { name: 'Remove all messages here' }).click()
      await page.getByRole('alertdialog').waitFor()
    },
  },
  {
    name: 'hide',
    act: async (page) => {
      await openFirst(page)
      await openMenu(page, 'I can hold it until Sunday.', 'Remove from this device')
    },
  },
  {
    name: 'ask',
    prepare: undecided,
    act: async (page) => {
      await beTold(page)
      await page.getByTestId('ask-notify').waitFor()
    },
  },
  { name: 'add', path: '/?sheet=add', act: (page) => page.getByRole('img', { name: 'QR code' }).waitFor() },
  { name: 'network', path: '/?sheet=network', act: sheet },
  { name: 'waiting', path: '/?sheet=network', act: waiting },
  { name: 'unasked', scenario: 'unasked', act: (page) => page.getByTestId('ask-reach').waitFor() },
  ...['reach-network', 'reach-public', 'reach-alone', 'reach-refused', 'reach-fixed', 'reach-tor', 'unasked'].flatMap(
    (scenario) => [
      { name: `network-${scenario}`, scenario, path: '/?sheet=network', act: sheet },
      { name: `nodes-${scenario}`, scenario, path: '/?sheet=network', act: pushNodes },
    ],
  ),
  { name: 'node-tested', scenario: 'reach-alone', path: '/?sheet=network', act: testNode },
  {
    name: 'node-silent',
    scenario: 'reach-refused',
    path: '/?sheet=network',
    act: async (page) => {
      await page.getByRole('button', { name: 'Test gone.example' }).click()
      await page.getByText('It does not answer').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'node-remove',
    scenario: 'reach-refused',
    path: '/?sheet=network',
    act: async (page) => {
      await page.getByRole('button', { name: 'Remove gone.example' }).click()
      await page.getByRole('alertdialog').waitFor()
    },
  },
  { name: 'add-network', scenario: 'reach-network', path: '/?sheet=add', act: worksOn },
  { name: 'add-computer', scenario: 'unasked', path: '/?sheet=add', act: worksOn },
  { name: 'preview', scenario: 'unasked', path: '/?sheet=add', act: (page) => preview(page, 'anywhere') },
  { name: 'preview-computer', scenario: 'unasked', path: '/?sheet=add', act: (page) => preview(page, 'computer') },
  { name: 'preview-welcome', scenario: 'empty', act: (page) => preview(page, 'anywhere') },
  { name: 'help', path: '/?sheet=help', act: sheet },
  { name: 'palette', path: '/?sheet=palette', act: sheet },
  { name: 'offline', scenario: 'offline', act: openFirst },
  { name: 'network-none', scenario: 'offline', path: '/?sheet=network', act: waiting },
  { name: 'network-unreachable', scenario: 'unreachable', path: '/?sheet=network', act: waiting },
  { name: 'network-dropbox', scenario: 'dropbox', path: '/?sheet=network', act: waiting },
  { name: 'network-empty', scenario: 'empty', path: '/?sheet=network', act: sheet },
  {
    name: 'away',
    act: async (page) => {
      await page.getByText('Mira Castellanos').click()
      await page.getByTestId('composer').fill('I will be late')
      await page.getByText('Messages are stored for them').waitFor()
    },
  },
  {
    name: 'away-unreachable',
    scenario: 'unreachable',
    act: async (page) => {
      await page.getByText('Maximiliane').click()
      await page.getByTestId('composer').fill('I will be late')
      await page.getByText('no push node is reachable').waitFor()
    },
  },
  {
    name: 'where',
    act: async (page) => {
      await page.getByText('Mira Castellanos').click()
      await page.getByText('with one push node of two').click({ button: 'right' })
      await page.getByRole('menuitem', { name: 'Where it is' }).click()
      await page.getByRole('dialog', { name: 'Your message' }).waitFor()
    },
  },
  {
    name: 'invited',
    act: async (page) => {
      await page.getByText('Chloé Meier').click()
      await page.getByTestId('invited').waitFor()
    },
  },
  {
    name: 'unmet',
    act: async (page) => {
      await page.getByText('New contact').click()
      await page.getByText('not found yet').waitFor()
    },
  },
]
