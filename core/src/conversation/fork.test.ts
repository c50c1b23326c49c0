import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { chooseHead, type CommitNode } from './fork.ts'

const ROOT = Uint8Array.of(0)
const node = (id: number, parent: number | undefined, committer = 'a', type = 1): CommitNode => ({
  id: Uint8Array.of(id),
  parent: parent === undefined ? undefined : Uint8Array.of(parent),
  committer,
  class: type,
})
const root = node(0, undefined)
const headOf = (nodes: readonly CommitNode[], stewards: readonly string[]) => chooseHead(nodes, stewards)?.id[0]

/** A random tree: node n hangs below one of those before it. */
const trees = fc
  .array(fc.record({ parent: fc.nat(), committer: fc.constantFrom('a', 'b', 'c', 'x'), class: fc.nat(2) }), {
    maxLength: 12,
  })
  .map((steps) => [
    root,
    ...steps.map((step, index) => node(index + 1, step.parent % (index + 1), step.committer, step.class)),
  ])

describe('fork choice', () => {
  it('[CNV-6] the same commits in any order have the same head, and it has no child', () => {
    fc.assert(
      fc.property(
        trees.chain((tree) => fc.tuple(fc.constant(tree), fc.shuffledSubarray(tree, { minLength: tree.length }))),
        ([tree, shuffled]) => {
          const head = chooseHead(tree, ['a', 'b', 'c'])
          expect(chooseHead(shuffled, ['a', 'b', 'c'])).toEqual(head)
          expect(
            head === undefined || tree.every(({ parent }) => parent === undefined || toHex(parent) !== toHex(head.id)),
          ).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('[CNV-6] a commit below the head moves the head to it, whoever made it', () => {
    fc.assert(
      fc.property(trees, fc.constantFrom('a', 'b', 'c', 'x'), fc.nat(2), (tree, committer, type) => {
        const head = chooseHead(tree, ['a', 'b', 'c'])
        const next = { id: Uint8Array.of(99), parent: head?.id, committer, class: type }
        expect(chooseHead([...tree, next], ['a', 'b', 'c'])?.id).toEqual(next.id)
      }),
    )
  })

  it('[CNV-5] a branch with more than half of the stewards beats everything else', () => {
    const alone = [node(1, 0, 'a', 0), node(2, 1, 'a', 0), node(3, 2, 'a', 0)]
    const together = [node(4, 0, 'c', 2), node(5, 4, 'b', 2)]
    expect(headOf([root, ...alone, ...together], ['a', 'b', 'c'])).toBe(5)
    expect(headOf([root, ...alone, ...together], ['a', 'b', 'c', 'd'])).toBe(3)
  })

  it('[CNV-6] forgetting the parent of a fork does not change its outcome', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        fc.pre(tree.length > 1)
        expect(chooseHead(tree.slice(1), ['a', 'b', 'c'])).toEqual(chooseHead(tree, ['a', 'b', 'c']))
      }),
      { numRuns: 300 },
    )
  })

  it('[CNV-5] without a majority the smaller class wins, then the rank, then the id', () => {
    expect(headOf([root, node(1, 0, 'a', 2), node(2, 0, 'd', 0)], ['a', 'b', 'c', 'd'])).toBe(2)
    expect(headOf([root, node(1, 0, 'b', 1), node(2, 0, 'a', 1)], ['a', 'b', 'c'])).toBe(2)
    expect(headOf([root, node(1, 0, 'x', 1), node(2, 0, 'c', 1)], ['a', 'b', 'c'])).toBe(2)
    expect(headOf([root, node(2, 0, 'a', 1), node(1, 0, 'a', 1)], ['a', 'b', 'c'])).toBe(1)
    expect(headOf([root, node(2, 0, 'y', 1), node(1, 0, 'x', 1)], ['a', 'b', 'c'])).toBe(1)
  })

  it('[CNV-5] two people who update at once agree on the one who sorts first', () => {
    const both = [root, node(1, 0, 'b'), node(2, 0, 'a')]
    expect(headOf(both, ['a', 'b'])).toBe(2)
    // b has seen it and goes on from there: both have committed below, so nothing can turn it back
    expect(headOf([...both, node(3, 2, 'b')], ['a', 'b'])).toBe(3)
    // a branch with both of them stands against a later lone commit of the first
    expect(headOf([root, node(1, 0, 'b'), node(4, 1, 'a'), node(2, 0, 'a')], ['a', 'b'])).toBe(4)
  })

  it('[CNV-5] is total: no nodes, no head; several roots, one head', () => {
    expect(chooseHead([], ['a'])).toBeUndefined()
    expect(chooseHead([{ ...root, parent: Uint8Array.of(9) }], [])?.id).toEqual(ROOT)
    expect(headOf([node(2, 9), node(1, 8)], ['a'])).toBe(1)
  })
})
