import { encodeQR } from 'qr'
import { useMemo } from 'react'
import { classNames } from './class-names.ts'
import styles from './qr-code.module.css'

const cx = classNames(styles)
/** Light modules around the code that scanners need. */
const QUIET_ZONE = 4

/** The code as one SVG path: dark on white in both themes, because cameras expect it. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const { path, size } = useMemo(() => {
    const rows = encodeQR(text, 'raw', { ecc: 'low', border: QUIET_ZONE })
    const dots = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
    return { path: dots.join(''), size: rows.length }
  }, [text])
  return (
    <svg
      className={cx('code')}
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#ffffff" />
      <path d={path} fill="#15161a" />
    </svg>
  )
}
