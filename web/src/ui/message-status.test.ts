import type { Message, MessageState, Network } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { statusOf, stepOf } from './message-status.ts'

type Stated = Pick<Message, 'state' | 'copies' | 'failure'>

const inWords = (message: Stated, storage?: Network['storage']) => statusOf(message, { name: 'Bob', storage })
const stored = (held: number, wanted: number): Stated => ({ state: 'stored', copies: { held, wanted } })
const states: readonly MessageState[] = ['queued', 'stored', 'sent', 'delivered', 'read', 'failed']

describe('how far a message got, in words', () => {
  it('has its own word, sentence and label for every state', () => {
    for (const part of ['word', 'label', 'sentence'] as const) {
      expect(new Set(states.map((state) => inWords({ state })[part])).size).toBe(states.length)
    }
  })

  it('[OFF-12] says for whom it is stored, and with how many push nodes of how many', () => {
    expect(inWords(stored(1, 2))).toEqual({
      word: 'Stored, 1 of 2',
      label: 'Stored for Bob on 1 of 2 push nodes',
      sentence: 'Stored for Bob on 1 of 2 push nodes. They get it when they are back.',
      where: 'On this device and on 1 of 2 push nodes',
    })
    expect(inWords(stored(2, 2))).toMatchObject({ word: 'Stored', label: 'Stored for Bob on 2 push nodes' })
    expect(inWords(stored(1, 1)).label).toBe('Stored for Bob on 1 push node')
    expect(inWords({ state: 'stored' })).toMatchObject({ word: 'Stored', label: 'Stored for Bob with others' })
  })

  it('[OFF-12] names the own storage when no push node holds it', () => {
    expect(inWords(stored(0, 1), 'dropbox')).toMatchObject({
      word: 'Stored',
      label: 'Stored for Bob in your Dropbox',
      where: 'On this device and in your Dropbox',
    })
    expect(inWords(stored(1, 2), 's3').label).toBe('Stored for Bob on 1 of 2 push nodes')
  })

  it('[OFF-12] does not call it stored when no push node proves it: storage on this computer is this computer', () => {
    for (const storage of [undefined, 'self-hosted'] as const) {
      expect(inWords(stored(0, 2), storage)).toMatchObject({
        word: 'Stored, 0 of 2',
        label: 'Was stored for Bob, but no push node proves that it still has it',
        where: 'On this device only',
      })
    }
  })

  it('[OFF-11] says that nobody fetched it, and that it is still here', () => {
    expect(inWords({ state: 'failed', failure: 'expired' })).toMatchObject({
      word: 'Not sent',
      sentence: 'Nobody fetched this in 30 days. It is still here.',
      where: 'On this device only',
    })
  })

  it('passes reasons on and translates codes', () => {
    expect(inWords({ state: 'failed', failure: 'The disk is full.' }).label).toBe('Not sent. The disk is full.')
    for (const failure of ['undecryptable', 'too-many']) {
      expect(inWords({ state: 'failed', failure }).label).not.toContain(failure)
    }
  })

  it('says where it is: here until somebody of theirs has it', () => {
    expect(inWords({ state: 'queued' }).where).toBe('On this device only')
    for (const state of ['sent', 'delivered', 'read'] as const) {
      expect(inWords({ state }).where).toBe('On this device and on theirs')
    }
  })
})

describe('steps worth saying aloud', () => {
  it.each([
    ['queued', 'stored', 'stored'],
    ['stored', 'sent', 'arrived'],
    ['stored', 'read', 'arrived'],
    ['stored', 'failed', 'failed'],
    ['queued', 'failed', 'failed'],
    ['queued', 'sent', undefined],
    ['sent', 'delivered', undefined],
    ['delivered', 'read', undefined],
    ['stored', 'queued', undefined],
    ['failed', 'queued', undefined],
  ] as const)('from %s to %s: %s', (before, after, step) => {
    expect(stepOf({ state: before }, { state: after })).toBe(step)
  })

  it('says nothing when only the number of copies changed', () => {
    expect(stepOf(stored(1, 2), stored(2, 2))).toBeUndefined()
  })
})
