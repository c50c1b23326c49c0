import fc from 'fast-check'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { isEmojiOnly } from './emoji-only.ts'
import { isDeceptive, safeHref, splitLinks } from './links.ts'
import { Markdown } from './markdown.tsx'
import { parseMarkdown } from './parse.ts'

const html = (text: string): string => renderToStaticMarkup(<Markdown text={text} />)
/** Without the frame around it. */
const inner = (text: string): string => html(text).replace(/^<div[^>]*>|<\/div>$/gu, '')

describe('the Markdown subset', () => {
  it.each([
    ['*a* **b** ~~c~~ `d`', '<p><em>a</em> <strong>b</strong> <s>c</s> <code>d</code></p>'],
    ['```\nx < y\n```', '<pre><code>x &lt; y</code></pre>'],
    ['- a\n- b', '<ul><li><p>a</p></li><li><p>b</p></li></ul>'],
    ['3. a', '<ol start="3"><li><p>a</p></li></ol>'],
    ['> a', '<blockquote><p>a</p></blockquote>'],
    ['two\nlines', '<p>two\nlines</p>'],
    ['# not a heading', '<p># not a heading</p>'],
    ['a\n---', '<p>a\n---</p>'],
    ['&amp; stays', '<p>&amp;amp; stays</p>'],
    ['    four spaces', '<p>    four spaces</p>'],
    ['snake_case_name 2*3*4', '<p>snake_case_name 2<em>3</em>4</p>'],
  ])('shows %j', (text, expected) => {
    expect(inner(text)).toBe(expected)
  })

  it('makes links of http, https and mailto only, without telling them where one came from', () => {
    expect(inner('[a](https://example.org/x)')).toMatch(
      /^<p><a [^>]*href="https:\/\/example\.org\/x"[^>]* target="_blank" rel="noopener noreferrer"[^>]*>a<\/a><\/p>$/u,
    )
    for (const url of [
      'javascript:alert(1)',
      'data:text/html,x',
      'vbscript:x',
      'file:///etc/passwd',
      '//x',
      'blob:x',
      'JaVaScRiPt:x',
    ]) {
      expect(html(`[a](${url})`)).not.toContain('<a')
      expect(html(`<${url}>`)).not.toContain('<a')
    }
    expect(html('![a](https://example.org/x.png)')).not.toContain('<img')
  })

  it('finds bare addresses and leaves the sentence around them', () => {
    expect(splitLinks('see https://example.org/a_(b)). Then')).toEqual([
      { type: 'text', text: 'see ' },
      { type: 'link', text: 'https://example.org/a_(b)', href: 'https://example.org/a_(b)' },
      { type: 'text', text: '). Then' },
    ])
    expect(inner('**https://example.org**')).toContain('href="https://example.org/"')
  })

  it('shows where a link leads when its words name another place', () => {
    expect(isDeceptive('bank.example', 'https://evil.example/')).toBe(true)
    expect(isDeceptive('www.bank.example', 'https://bank.example/login')).toBe(false)
    expect(isDeceptive('the bank', 'https://evil.example/')).toBe(false)
    expect(inner('[https://bank.example](https://evil.example)')).toContain('>https://evil.example/</a>')
    expect(safeHref('https://bank.example@evil.example')).toBeUndefined()
  })

  it('never lets an element, attribute or script through, whatever the text', () => {
    const hostile = fc.constantFrom(
      '<script>alert(1)</script>',
      '<img src=x onerror=alert(1)>',
      '<svg/onload=alert(1)>',
      '[a](javascript:alert(1))',
      '[a](https://x "onclick=1")',
      '![a](https://x" onerror="1)',
      '<https://x" onmouseover="alert(1)>',
      '[a]: javascript:1',
      '&lt;script&gt;',
      '`` ` ``',
      '\u{202E}\u{0000}\u{FEFF}',
      '> - 1. **',
    )
    const text = fc.array(
      fc.oneof(hostile, fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('\n', '  ', '*', '_', '[', '](')),
      { maxLength: 24 },
    )
    const allowed =
      /^<\/?(?:div|p|em|strong|s|code|pre|blockquote|ul|ol|li|br|a)(?: (?:class|start|href|title|target|rel|tabindex)="[^"<>]*")*\/?>$/u
    fc.assert(
      fc.property(text, (parts) => {
        const out = html(parts.join(''))
        for (const tag of out.match(/<[^>]*>/gu) ?? []) expect(tag).toMatch(allowed)
        for (const [, href = ''] of out.matchAll(/href="([^"]*)"/gu)) expect(href).toMatch(/^(?:https?:|mailto:)/u)
      }),
      { numRuns: 500 },
    )
  })

  it('parses the worst of texts soon enough', () => {
    const worst = [
      '*a '.repeat(6_000),
      '> '.repeat(9_000),
      '- a\n'.repeat(5_000),
      '['.repeat(19_000),
      '**_~~'.repeat(3_000),
      '`a'.repeat(9_000),
      '>>>>>>>>a\n'.repeat(1_900),
    ]
    for (const text of worst) {
      const start = performance.now()
      parseMarkdown(text)
      expect(performance.now() - start, text.slice(0, 12)).toBeLessThan(500)
    }
  })

  it('splits any text without losing a letter of it', () => {
    const text = fc.array(fc.oneof(fc.string(), fc.constantFrom('https://', 'a.b', '(', ')', '. ', 'mailto:a@b')), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(text, (parts) => {
        const joined = parts.join('')
        expect(
          splitLinks(joined)
            .map((part) => part.text)
            .join(''),
        ).toBe(joined)
      }),
    )
  })
})

describe('big emoji', () => {
  it.each(['👍', '👍\u{FE0F}', '❤️ 🎉', '👨‍👩‍👧‍👦👍🏽🇩🇪', ' 🥲 '])('takes %s', (text) => expect(isEmojiOnly(text)).toBe(true))
  it.each(['', 'a', '👍a', '👍👍👍👍', '1', '#', '©'])('leaves %j', (text) => expect(isEmojiOnly(text)).toBe(false))
})
