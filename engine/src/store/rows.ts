/** Reads columns with their types checked, so that a damaged database is an error here and not a strange value later. */
import { PortError } from '../ports/port-error.ts'
import type { SqlRow } from '../ports/store.ts'

export function textOf(row: SqlRow, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw damaged(column)
  return value
}

export function numberOf(row: SqlRow, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw damaged(column)
  return value
}

export function bytesOf(row: SqlRow, column: string): Uint8Array {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw damaged(column)
  return value
}

export const flagOf = (row: SqlRow, column: string): boolean => numberOf(row, column) === 1

export function optionalText(row: SqlRow, column: string): string | undefined {
  return row[column] === null || row[column] === undefined ? undefined : textOf(row, column)
}

export function optionalBytes(row: SqlRow, column: string): Uint8Array | undefined {
  return row[column] === null || row[column] === undefined ? undefined : bytesOf(row, column)
}

export function optionalNumber(row: SqlRow, column: string): number | undefined {
  return row[column] === null || row[column] === undefined ? undefined : numberOf(row, column)
}

const damaged = (column: string) => new PortError('STORE_CORRUPT', `column ${column} holds something else`, false)
