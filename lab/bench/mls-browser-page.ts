/** The page of the browser benchmark: measures and hands the result to whoever opened it. */
import { createWebCrypto, webRandom } from '@parley/adapter-crypto-web'
import { measure } from './mls-browser-workload.ts'

const crypto = await createWebCrypto()
const now = () => performance.now()
document.body.textContent = JSON.stringify(await measure({ name: 'chromium', crypto, random: webRandom, now }))
document.body.dataset['state'] = 'done'
