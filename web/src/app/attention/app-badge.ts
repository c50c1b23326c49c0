/** The number at the icon of an installed page. */
export interface AppBadge {
  /** 0 removes it. */
  set(count: number): void
}

/** Where the browser has none, nothing happens. */
export const browserAppBadge = (): AppBadge => ({
  set: (count) => {
    if (!('setAppBadge' in navigator)) return
    // Refused where the page is not installed: then there is no icon to put it on.
    const done = count === 0 ? navigator.clearAppBadge() : navigator.setAppBadge(count)
    done.catch(() => undefined)
  },
})
