/** `node portal-program.ts PORT`: answers every connection with a redirection to a page, and prints a line when it listens. */
import { createServer } from 'node:net'

const ANSWER =
  'HTTP/1.1 302 Found\r\nLocation: http://portal.invalid/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'

createServer((socket) => {
  socket.on('error', () => socket.destroy())
  socket.once('data', () => socket.end(ANSWER))
}).listen(Number(process.argv[2]), () => process.stdout.write('ready\n'))
