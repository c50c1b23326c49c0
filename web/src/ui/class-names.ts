type Name = string | false | undefined

/**
 * Joins names of one CSS module: `const cx = classNames(styles); cx('row', isSelected && 'selected')`.
 * A name that the module does not have is our own mistake, so it throws.
 */
export const classNames =
  (styles: Readonly<Record<string, string>>) =>
  (...names: readonly Name[]): string =>
    names
      .filter((name) => name !== undefined && name !== false)
      .map((name) => {
        const scoped = styles[name]
        if (scoped === undefined) throw new Error(`no class .${name}`)
        return scoped
      })
      .join(' ')
