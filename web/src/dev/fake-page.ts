import { createFakeNode, type Scenario } from './fake-node.ts'

const scenarios: readonly Scenario[] = [
  'lived-in',
  'empty',
  'onboarding',
  'locked',
  'offline',
  'lost',
  'unreachable',
  'dropbox',
  'unasked',
  'reach-network',
  'reach-public',
  'reach-alone',
  'reach-refused',
  'reach-fixed',
  'reach-tor',
]
const KEY = 'parley.scenario'

/** The node of `vite dev --mode fake`: `?scenario=offline` picks, and is remembered for this tab. */
export const createFakePageNode = () => {
  const wanted = new URLSearchParams(location.search).get('scenario') ?? sessionStorage.getItem(KEY)
  const scenario = scenarios.find((each) => each === wanted) ?? 'lived-in'
  sessionStorage.setItem(KEY, scenario)
  const node = createFakeNode(scenario)
  Object.assign(window, { world: node.world })
  return node
}
