import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import styles from './test-result.module.css'
import type { NodeTestSnapshot } from './node-test.ts'

const cx = classNames(styles)

/** What came of a test; said aloud when it comes. */
export function TestResult({ result }: Pick<NodeTestSnapshot, 'result'>) {
  return (
    <div className={cx('place')} role="status">
      {result !== undefined && (
        <p className={cx('result', result.isGood ? 'good' : 'bad')}>
          <Icon name={result.isGood ? 'check' : 'warning'} size={16} />
          <span>{result.text}</span>
        </p>
      )}
    </div>
  )
}
