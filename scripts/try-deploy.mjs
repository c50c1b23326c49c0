// `node scripts/try-deploy.mjs`: tries what is in deploy/ as root, in about five minutes: the unit under systemd-analyze,
// and the Containerfile's steps one after the other in an empty Debian root, made and removed here. What this machine
// cannot do is skipped with one line.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Advice, capture, main, root, run } from './lib/process.mjs'

const READY_TIMEOUT_MS = 60_000
/** Whoever this machine trusts: its way to the packages may be through a proxy of its own. */
const CERTIFICATES = process.env.NODE_EXTRA_CA_CERTS ?? '/etc/ssl/certs/ca-certificates.crt'
const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const say = (text) => process.stdout.write(`${text}\n`)

/** Runs a program and says what it printed when it failed. */
async function must(command, parameters) {
  const code = await run(command, parameters, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (code !== 0) throw new Advice(`${command} ${parameters.join(' ')} ended with ${code}.`)
}

/** The steps of a Containerfile: one instruction a line, as ours is written. */
function stepsOf(path) {
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [instruction = '', ...rest] = line.split(' ')
      return { instruction, text: rest.join(' ') }
    })
}

async function tryUnit() {
  if (!has('systemd-analyze')) return say('skipped: there is no systemd-analyze here (apt-get install systemd)')
  const folder = mkdtempSync(join(tmpdir(), 'parley-unit-'))
  try {
    const text = readFileSync(join(root, 'deploy', 'parley-push-node.service'), 'utf8')
    const path = join(folder, 'parley-push-node.service')
    // The program that will be at /opt/parley is this checkout's here.
    writeFileSync(path, text.replaceAll('/opt/parley', root.replace(/\/$/, '')))
    const { code, output } = await capture('systemd-analyze', ['verify', path])
    if (code !== 0 || output.includes(path)) throw new Advice(`The unit is not right:\n${output}`)
    say('unit: right')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function tryContainer() {
  if (process.getuid?.() !== 0) return say('skipped: an empty root needs root')
  if (!has('debootstrap')) return say('skipped: there is no debootstrap here (apt-get install debootstrap)')
  const steps = stepsOf(join(root, 'deploy', 'Containerfile'))
  const box = mkdtempSync(join(tmpdir(), 'parley-root-'))
  // It is the root of every user in it.
  chmodSync(box, 0o755)
  try {
    const [suite] = /bookworm|trixie/.exec(steps[0]?.text ?? '') ?? []
    await must('debootstrap', ['--variant=minbase', suite ?? 'stable', box])
    // The host's own way to its packages.
    for (const file of ['resolv.conf', 'hosts']) cpSync(`/etc/${file}`, join(box, 'etc', file), { dereference: true })
    cpSync(CERTIFICATES, join(box, 'host-certificates.crt'), { dereference: true })
    await must('mount', ['--bind', '/dev', join(box, 'dev')])
    await must('mount', ['-t', 'proc', 'proc', join(box, 'proc')])
    await runSteps(steps, box)
  } finally {
    for (const folder of ['proc', 'dev']) spawnSync('umount', [join(box, folder)])
    rmSync(box, { recursive: true, force: true })
  }
}

async function runSteps(steps, box) {
  const state = {
    folder: '/',
    user: 'root',
    environment: {
      PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      NODE_EXTRA_CA_CERTS: '/host-certificates.crt',
    },
  }
  const chroot = (parameters) => [
    `--userspec=${state.user}`,
    box,
    ...['env', '-i', ...Object.entries(state.environment).map(([name, value]) => `${name}=${value}`)],
    ...parameters,
  ]
  let entry = []
  for (const { instruction, text } of steps) {
    if (instruction !== 'FROM') say(`${instruction} ${text.slice(0, 90)}`)
    if (instruction === 'RUN') await must('chroot', chroot(['sh', '-c', `cd ${state.folder} && ${text}`]))
    else if (instruction === 'WORKDIR') state.folder = text
    else if (instruction === 'USER') state.user = text
    else if (instruction === 'ENV') Object.assign(state.environment, Object.fromEntries([text.split('=', 2)]))
    else if (instruction === 'COPY') await copy(join(box, text.split(' ')[1] ?? ''))
    else if (instruction === 'ENTRYPOINT' || instruction === 'CMD') entry = [...entry, ...JSON.parse(text)]
    else if (!['FROM', 'EXPOSE', 'STOPSIGNAL'].includes(instruction)) throw new Advice(`What is ${instruction}?`)
  }
  await tryEntry(chroot(['sh', '-c', `cd ${state.folder} && exec "$@"`, 'sh', ...entry]))
}

/** What git knows: what a build would be given after .dockerignore. */
async function copy(target) {
  mkdirSync(target, { recursive: true })
  await must('sh', ['-c', `git ls-files -z | tar -c --null -T - | tar -x -C ${target}`])
}

/** It has to say that it is ready, and to end cleanly when it is told to. */
async function tryEntry(parameters) {
  const listen = ['--listen', '/ip4/127.0.0.1/tcp/0']
  const child = spawn('chroot', [...parameters, ...listen], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_TIMEOUT_MS)
  const line = await new Promise((resolve) => {
    child.stdout.once('data', (bytes) => resolve(String(bytes)))
    void exited.then(() => resolve(''))
  })
  child.kill('SIGTERM')
  const code = await exited
  clearTimeout(timer)
  if (!line.includes('parley:push/') || code !== 0) throw new Advice(`The container's program ended with ${code}.`)
  say('container: every step ran, the push node served and ended cleanly')
}

await main(async () => {
  await tryUnit()
  await tryContainer()
})
