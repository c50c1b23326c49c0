export type { ApiClient, LiveQuery } from './client.ts'
export { EngineError, errorTable } from './errors.ts'
export type { ErrorCode, Problem } from './errors.ts'
export { events, operations } from './schema.ts'
export type * from './schema.ts'
export { SOCKET_FRAME_BYTES_MAX } from './socket-protocol.ts'
export type { ClientFrame, ServerFrame } from './socket-protocol.ts'
export {
  serveSocket,
  SOCKET_FRAMES_BURST,
  SOCKET_FRAMES_PER_SECOND,
  SOCKET_SLOW_BYTES,
  SOCKET_UNSENT_BYTES_MAX,
  SocketClose,
} from './socket-server.ts'
export type { CheckedOperation, SocketPeer, SocketServerOptions, SocketSession } from './socket-server.ts'
export { TokenBucket } from './token-bucket.ts'
export { createOperationCheck, isEventName } from './check.ts'
