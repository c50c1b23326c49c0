/** A thread of the pool: a seed comes in, its report goes out. */
import { parentPort } from 'node:worker_threads'
import { runSeed } from './run-seed.ts'

parentPort?.on('message', (seed: number) => {
  void runSeed(seed).then((report) => parentPort?.postMessage(report))
})
