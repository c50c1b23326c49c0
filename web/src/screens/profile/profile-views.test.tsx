import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { createTestSession } from '../../dev/test-session.ts'
import { t } from '../../locales/index.ts'
import { PictureField } from './picture-field.tsx'
import { PreviewCard } from './preview-card.tsx'
import { createProfileModel } from './profile-model.ts'
import { VisibilityField } from './visibility-field.tsx'

const setUp = async () => {
  const { session, environment } = await createTestSession()
  await environment.frame()
  const model = createProfileModel({ client: session.client, profile: session.profile })
  const profile = () => {
    const snapshot = model.getSnapshot()
    if (snapshot === undefined) throw new Error('no profile yet')
    return snapshot
  }
  return { model, profile }
}

describe('the screen of one’s profile', () => {
  it('says beside the picture and the choice of who may see it who learns what', async () => {
    const { model, profile } = await setUp()
    const picture = renderToStaticMarkup(<PictureField model={model} profile={profile()} isOver={false} />)
    expect(picture).toContain(t.profile.learns.picture)
    const contacts = renderToStaticMarkup(<VisibilityField model={model} profile={profile()} />)
    expect(contacts).toContain(t.profile.learns.contacts)
    model.setVisibility('public')
    const everybody = renderToStaticMarkup(<VisibilityField model={model} profile={profile()} />)
    expect(everybody).toContain(t.profile.learns.public)
    expect(everybody).not.toContain(t.profile.learns.contacts)
  })

  it('shows words as they are: no markup, no active links', async () => {
    const { model, profile } = await setUp()
    model.setField('about', 'See https://example.org <b>now</b> **or** never')
    const card = renderToStaticMarkup(<PreviewCard profile={profile()} />)
    expect(card).toContain('See https://example.org &lt;b&gt;now&lt;/b&gt; **or** never')
    expect(card).not.toMatch(/<(?:a|b|strong)[ >]/u)
  })

  it('says before it is saved what others will see', async () => {
    const { model, profile } = await setUp()
    model.setField('name', ' Robin Ek ')
    model.setField('handle', '@robin')
    const card = renderToStaticMarkup(<PreviewCard profile={profile()} />)
    expect(card).toContain('>Robin Ek<')
    expect(card).toContain('>@robin<')
    expect(card).toContain('Strangers see nothing.')
    model.setVisibility('public')
    expect(renderToStaticMarkup(<PreviewCard profile={profile()} />)).not.toContain('Strangers see nothing.')
  })
})
