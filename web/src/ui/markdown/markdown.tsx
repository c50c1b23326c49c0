import type { Nodes, RootContent } from 'mdast'
import { createContext, Fragment, memo, use, useMemo, type ReactNode } from 'react'
import { classNames } from '../class-names.ts'
import { isDeceptive, safeHref, splitLinks } from './links.ts'
import styles from './markdown.module.css'
import { parseMarkdown } from './parse.ts'

const cx = classNames(styles)

/** Links of a message are in the tab order while the message is the active one. */
const LinksFocusable = createContext(true)

function Link({ href, children }: { readonly href: string; readonly children: ReactNode }) {
  const tabIndex = use(LinksFocusable) ? 0 : -1
  return (
    <a className={cx('link')} href={href} title={href} target="_blank" rel="noopener noreferrer" tabIndex={tabIndex}>
      {children}
    </a>
  )
}

const wordsOf = (node: Nodes): string => {
  if ('value' in node) return node.value
  return 'children' in node ? node.children.map(wordsOf).join('') : ''
}

/** Text with its bare addresses made into links; inside of a link there are none. */
const renderText = (text: string, isInLink: boolean): ReactNode =>
  isInLink
    ? text
    : splitLinks(text).map((part, at) =>
        part.type === 'text' ? (
          part.text
        ) : (
          <Link key={at} href={part.href}>
            {part.text}
          </Link>
        ),
      )

const renderAll = (nodes: readonly RootContent[], isInLink: boolean): ReactNode =>
  nodes.map((node, at) => <Fragment key={at}>{renderNode(node, isInLink)}</Fragment>)

/** Every kind of node becomes a React element that is named here, or its words. There is no other way out. */
const renderNode = (node: RootContent, isInLink: boolean): ReactNode => {
  switch (node.type) {
    case 'text':
      return renderText(node.value, isInLink)
    case 'paragraph':
      return <p>{renderAll(node.children, isInLink)}</p>
    case 'emphasis':
      return <em>{renderAll(node.children, isInLink)}</em>
    case 'strong':
      return <strong>{renderAll(node.children, isInLink)}</strong>
    case 'delete':
      return <s>{renderAll(node.children, isInLink)}</s>
    case 'inlineCode':
      return <code>{node.value}</code>
    case 'code':
      return (
        <pre>
          <code>{node.value}</code>
        </pre>
      )
    case 'blockquote':
      return <blockquote>{renderAll(node.children, isInLink)}</blockquote>
    case 'list':
      return node.ordered === true ? (
        <ol start={node.start ?? 1}>{renderAll(node.children, isInLink)}</ol>
      ) : (
        <ul>{renderAll(node.children, isInLink)}</ul>
      )
    case 'listItem':
      return <li>{renderAll(node.children, isInLink)}</li>
    case 'break':
      return <br />
    case 'link': {
      const href = safeHref(node.url)
      if (href === undefined || isInLink) return renderAll(node.children, true)
      // Words that name one place and lead to another are replaced by where they lead.
      if (isDeceptive(wordsOf(node), href)) return <Link href={href}>{href}</Link>
      return <Link href={href}>{renderAll(node.children, true)}</Link>
    }
    default:
      return wordsOf(node)
  }
}

interface MarkdownProps {
  readonly text: string
  readonly areLinksFocusable?: boolean
}

/** The Markdown subset as elements. Never HTML: no `innerHTML` on any way. */
export const Markdown = memo(function Markdown({ text, areLinksFocusable = true }: MarkdownProps) {
  const content = useMemo(() => renderAll(parseMarkdown(text).children, false), [text])
  return (
    <LinksFocusable value={areLinksFocusable}>
      <div className={cx('markdown')}>{content}</div>
    </LinksFocusable>
  )
})
