import { en } from './en.ts'

/** Every locale has exactly these entries. */
export type Catalogue = typeof en

/** The words of the page. */
export const t: Catalogue = en
