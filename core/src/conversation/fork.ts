/**
 * Which of several commits on one epoch counts, decided alike on every device from the signed commits alone: no clock,
 * no arrival order. Greedy descent from the oldest retained epoch; among the children of a commit the smallest of
 * `(majority ? 0 : 1, class, rank, id)` wins. Spec: CNV-4…CNV-6.
 */
import { compareBytes, toHex } from '../base/bytes.ts'

export interface CommitNode {
  /** Names the epoch that the commit leads to, alike on every device. CNV-4 */
  readonly id: Uint8Array
  readonly parent: Uint8Array | undefined
  readonly committer: string
  /** 0: removes somebody, 1: another commit of a steward, 2: self-update of another member. */
  readonly class: number
}

/**
 * `stewards`: accounts in order of rank. Roots are nodes whose parent is not among them: the first epoch, or those below
 * an epoch that was forgotten. Several roots are judged like the children that they were, so that forgetting the
 * parent of a fork never changes its outcome.
 * @returns the node that everybody who holds the same nodes calls the head; `undefined` for no nodes.
 */
export function chooseHead(nodes: readonly CommitNode[], stewards: readonly string[]): CommitNode | undefined {
  const nodeIds = new Set(nodes.map((node) => toHex(node.id)))
  const childrenByParent = new Map<string, CommitNode[]>()
  const roots: CommitNode[] = []
  for (const node of nodes) {
    const parent = node.parent === undefined ? undefined : toHex(node.parent)
    if (parent === undefined || !nodeIds.has(parent)) roots.push(node)
    else childrenByParent.set(parent, [...(childrenByParent.get(parent) ?? []), node])
  }
  let branches: readonly CommitNode[] | undefined = roots
  let head: CommitNode | undefined
  while (branches !== undefined) {
    head = [...branches].sort((a, b) => compareBranches(a, b, childrenByParent, stewards))[0]
    branches = head === undefined ? undefined : childrenByParent.get(toHex(head.id))
  }
  return head
}

function compareBranches(
  a: CommitNode,
  b: CommitNode,
  childrenByParent: ReadonlyMap<string, readonly CommitNode[]>,
  stewards: readonly string[],
): number {
  const majority = (node: CommitNode) => (hasMajority(node, childrenByParent, stewards) ? 0 : 1)
  const rank = (node: CommitNode) => {
    const index = stewards.indexOf(node.committer)
    return index < 0 ? stewards.length : index
  }
  return majority(a) - majority(b) || a.class - b.class || rank(a) - rank(b) || compareBytes(a.id, b.id)
}

/** More than half of the stewards have authored a commit in the subtree of `node`. */
function hasMajority(
  node: CommitNode,
  childrenByParent: ReadonlyMap<string, readonly CommitNode[]>,
  stewards: readonly string[],
): boolean {
  const authors = new Set<string>()
  const open = [node]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (stewards.includes(next.committer)) authors.add(next.committer)
    open.push(...(childrenByParent.get(toHex(next.id)) ?? []))
  }
  return authors.size * 2 > stewards.length
}
