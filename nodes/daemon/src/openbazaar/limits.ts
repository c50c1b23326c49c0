/** What this door holds for its callers, by name. Sizes in letters are UTF-16 units of JSON. Spec: OBG-20. */

/** Values of an application are at most this long; what is kept in one must stay below. */
export const VALUE_LETTERS_MAX = 262_144
/** Texts for people who are not known yet, of all of them together. OBG-12 */
export const WAITING_MESSAGES_MAX = 512
/** … and the JSON of all of them: some of the longest texts, hundreds of usual ones. */
export const WAITING_LETTERS_MAX = 256_000
/** Looked for again this often while they are unknown. OBG-12 */
export const WAITING_RETRY_MS = 3_600_000
/** First messages that went out with a request and so have two ids; beyond, the oldest keeps only its newer one. */
export const ALIASES_MAX = 1_024
export const BLOCKED_MAX = 4_000
export const FOLLOWING_MAX = 5_000
/** People whom one text may be sent to at once. */
export const GROUP_PEERS_MAX = 100
/** Ids in one request for profiles; what `profiles.fetch` takes. */
export const PROFILE_IDS_MAX = 10_000
/** Requests for profiles that are being answered. */
export const FETCHES_MAX = 64
/** What a client may call its request. */
export const ASYNC_ID_LETTERS_MAX = 256
/** Sockets at the same time. */
export const SOCKETS_MAX = 64
/** What a client says on a socket is not used; a frame may be as long as this. */
export const SOCKET_RECEIVED_BYTES_MAX = 16_384
/** Messages and receipts that were told on the sockets and are not told again. */
export const TOLD_MAX = 8_192
/** Conversations, the newest ones, and messages of each that are known to be old when a session begins. */
export const PAST_CONVERSATIONS = 64
export const PAST_MESSAGES = 50
/** How long publishing a profile may take before it counts as failed for now. */
export const PUBLISH_TIMEOUT_MS = 60_000
/** Nesting of objects that are kept as they were given. */
export const KEPT_DEPTH_MAX = 8
/** Peer ids of accounts that are remembered rather than computed again. */
export const PEER_IDS_REMEMBERED_MAX = 16_384
