/** A thread of the pool: a job comes in, its report goes out. */
import { parentPort } from 'node:worker_threads'
import { tellWithKills } from './kill-matrix.ts'
import type { Job } from './pool.ts'
import { runOffline } from './run-offline.ts'
import { runSeed } from './run-seed.ts'
import { tellWithFault } from './single-fault.ts'

async function run(job: Job): Promise<unknown> {
  switch (job.type) {
    case 'seed':
      return runSeed(job.seed)
    case 'offline':
      return runOffline(job.seed)
    case 'kills':
      return tellWithKills(job.kills)
    case 'fault':
      return tellWithFault(job.fault)
  }
}

parentPort?.on('message', ([index, job]: readonly [number, Job]) => {
  void run(job).then((result) => parentPort?.postMessage({ index, result }))
})
