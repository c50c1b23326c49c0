/** Local times in words. All arguments are Unix milliseconds. */
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' })
const weekdayLong = new Intl.DateTimeFormat(undefined, { weekday: 'long' })
const dayMonth = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const dayMonthLong = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const dayMonthYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const dayMonthYearLong = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' })
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'long' })
const relativeShort = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'narrow' })

/** Midnight, local time, of the day that holds `at`. */
export const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0)

/** Whole calendar days from `at` to `now`; daylight saving does not matter. */
const daysAgo = (at: number, now: number): number => Math.round((startOfDay(now) - startOfDay(at)) / DAY_MS)

const isSameYear = (at: number, now: number): boolean => new Date(at).getFullYear() === new Date(now).getFullYear()

const capitalised = (text: string): string => text.slice(0, 1).toLocaleUpperCase() + text.slice(1)

/** 14:03 */
export const clockTime = (at: number): string => clock.format(at)

/** For sentences: 14:03; yesterday, 14:03; 3 May, 14:03. */
export const momentTime = (at: number, now: number): string => {
  const days = daysAgo(at, now)
  if (days <= 0) return clock.format(at)
  const day = days === 1 ? relative.format(-1, 'day') : (isSameYear(at, now) ? dayMonth : dayMonthYear).format(at)
  return `${day}, ${clock.format(at)}`
}

/** Everything, for tooltips. */
export const fullTime = (at: number): string => full.format(at)

/** For the conversation list: 14:03, Yesterday, Tue, 3 May, 3 May 2025. */
export const listTime = (at: number, now: number): string => {
  const days = daysAgo(at, now)
  if (days <= 0) return clock.format(at)
  if (days === 1) return capitalised(relative.format(-1, 'day'))
  if (days < 7) return weekday.format(at)
  return isSameYear(at, now) ? dayMonth.format(at) : dayMonthYear.format(at)
}

/** For day lines: Today, Yesterday, Tuesday, Tuesday 3 May, 3 May 2025. */
export const dayName = (at: number, now: number): string => {
  const days = daysAgo(at, now)
  if (days === 0 || days === 1) return capitalised(relative.format(-days, 'day'))
  if (days > 1 && days < 7) return weekdayLong.format(at)
  return isSameYear(at, now) ? dayMonthLong.format(at) : dayMonthYearLong.format(at)
}

/** For sentences: "5 min. ago", "yesterday", "3 May". Anything under a minute is "now". */
export const timeAgo = (at: number, now: number): string => {
  const minutes = Math.floor((now - at) / MINUTE_MS)
  if (minutes < 1) return relativeShort.format(0, 'second')
  if (minutes < 60) return relativeShort.format(-minutes, 'minute')
  if (minutes < 24 * 60) return relativeShort.format(-Math.floor(minutes / 60), 'hour')
  const days = daysAgo(at, now)
  if (days < 7) return relative.format(-Math.max(1, days), 'day')
  return isSameYear(at, now) ? dayMonth.format(at) : dayMonthYear.format(at)
}

/** A plain date, for "since" and "until". */
export const plainDate = (at: number): string => dayMonthYearLong.format(at)
