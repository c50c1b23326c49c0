/** What the address bar says: a place, and at most one sheet above it. */
export type Place =
  | { readonly type: 'home' }
  | { readonly type: 'conversation'; readonly conversation: string; readonly isDetailsOpen: boolean }
  | { readonly type: 'requests' }
  | { readonly type: 'settings' }
  /** One's own profile. */
  | { readonly type: 'profile' }

export type Sheet = 'add' | 'network' | 'help' | 'palette'

export interface Route {
  readonly place: Place
  readonly sheet?: Sheet
}

const sheets: readonly Sheet[] = ['add', 'network', 'help', 'palette']
const home: Place = { type: 'home' }

/** Reads a path with its query; what is not understood is home. */
export const parseRoute = (path: string): Route => {
  const [pathname = '', search = ''] = path.split('?', 2)
  const wanted = new URLSearchParams(search).get('sheet')
  const sheet = sheets.find((name) => name === wanted)
  const place = parsePlace(pathname)
  return sheet === undefined ? { place } : { place, sheet }
}

const parsePlace = (pathname: string): Place => {
  const [first, second, third, ...rest] = pathname.split('/').filter((part) => part !== '')
  if (rest.length > 0) return home
  if (first === 'c' && second !== undefined && /^[\w-]{1,64}$/u.test(second)) {
    if (third !== undefined && third !== 'details') return home
    return { type: 'conversation', conversation: second, isDetailsOpen: third === 'details' }
  }
  if (second !== undefined) return home
  if (first === 'requests') return { type: 'requests' }
  if (first === 'settings') return { type: 'settings' }
  if (first === 'profile') return { type: 'profile' }
  return home
}

const placePath = (place: Place): string => {
  switch (place.type) {
    case 'home':
      return '/'
    case 'conversation':
      return `/c/${place.conversation}${place.isDetailsOpen ? '/details' : ''}`
    case 'requests':
      return '/requests'
    case 'settings':
      return '/settings'
    case 'profile':
      return '/profile'
  }
}

/** The inverse of {@link parseRoute}. */
export const routePath = ({ place, sheet }: Route): string =>
  placePath(place) + (sheet === undefined ? '' : `?sheet=${sheet}`)

/** The path of a conversation, for links. */
export const conversationPath = (conversation: string): string =>
  routePath({ place: { type: 'conversation', conversation, isDetailsOpen: false } })
