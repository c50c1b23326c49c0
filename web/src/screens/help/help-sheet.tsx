import { useApp } from '../../app/context.ts'
import { keyCaps, keyTable, type KeyScope } from '../../app/keys.ts'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { Sheet } from '../../ui/sheet.tsx'
import styles from './help-sheet.module.css'

const cx = classNames(styles)
const scopes: readonly KeyScope[] = ['everywhere', 'timeline', 'composer']

/** The table of keys, drawn. */
export function HelpSheet() {
  const { navigation } = useApp()
  return (
    <Sheet title={t.keys.title} onClose={() => navigation.closeSheet()} isWide>
      <div className={cx('groups')}>
        {scopes.map((scope) => (
          <section key={scope} className={cx('group')}>
            <h3>{t.keys.groups[scope]}</h3>
            <dl>
              {keyTable
                .filter((row) => row.scope === scope)
                .map(({ command, keys }) => (
                  <div key={command} className={cx('row')}>
                    <dt>{t.keys[command]}</dt>
                    <dd>
                      {keys.map((combination) => (
                        <span key={combination} className={cx('combination')}>
                          {keyCaps(combination).map((cap) => (
                            <kbd key={cap}>{cap}</kbd>
                          ))}
                        </span>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Sheet>
  )
}
