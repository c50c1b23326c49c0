import { frameLoop, rearCamera, QRCanvas } from 'qr/dom.js'
import { useEffect, useRef, useState } from 'react'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import styles from './scanner.module.css'

const cx = classNames(styles)

/** Reads a code with the camera. Pictures stay in this element. */
export function Scanner({ onFound }: { readonly onFound: (text: string) => void }) {
  const video = useRef<HTMLVideoElement>(null)
  const [isDenied, setDenied] = useState(false)
  const found = useRef(onFound)
  useEffect(() => {
    found.current = onFound
  }, [onFound])
  useEffect(() => {
    const player = video.current
    if (player === null) return undefined
    let end = () => {}
    let isEnded = false
    rearCamera(player).then(
      (camera) => {
        const canvas = new QRCanvas()
        let isReading = false
        const read = async () => {
          isReading = true
          const text = await camera.readFrame(canvas)
          isReading = false
          if (typeof text === 'string' && !isEnded) found.current(text)
        }
        const endLoop = frameLoop(() => {
          if (!isReading) void read()
        }, player)
        end = () => {
          endLoop()
          camera.stop()
        }
        if (isEnded) end()
      },
      () => setDenied(true),
    )
    return () => {
      isEnded = true
      end()
    }
  }, [])
  if (isDenied) return <p className={cx('note')}>{t.add.cameraDenied}</p>
  return (
    <figure className={cx('scanner')}>
      <video ref={video} className={cx('video')} muted playsInline />
      <figcaption className={cx('note')}>{t.add.scanning}</figcaption>
    </figure>
  )
}
