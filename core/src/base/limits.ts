/**
 * Every protocol limit, by name. These are not configuration: nodes interoperate because they agree on them.
 * Sizes are bytes, durations milliseconds, unless the name says otherwise.
 */
const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

// encoding (ENC)
export const CBOR_DEPTH_MAX = 16

// wire (WIRE)
export const FRAME_BYTES_MAX = 1_048_576
export const FRAME_ENVELOPE_IDS_MAX = 512
export const ENVELOPE_BYTES_MAX = 524_288
export const ENVELOPE_ID_BYTES = 16
/** Total envelope sizes; a larger plaintext is an attachment, not a message. ENV-3 */
export const ENVELOPE_BUCKETS_BYTES = [512, 2_048, 8_192, 32_768, 131_072, 262_144, 524_288] as const

// identity (IDN)
export const CREDENTIAL_BYTES_MAX = 2_048
export const DEVICE_CERTIFICATE_LIFETIME_MS = 365 * DAY_MS
export const DEVICES_PER_ACCOUNT_MAX = 8
export const BUNDLE_BYTES_MAX = 65_536
export const BUNDLE_LIFETIME_MS = 35 * DAY_MS
export const INBOX_KEY_ROTATION_MS = 7 * DAY_MS
/** After its rotation: a bundle with it is good for BUNDLE_LIFETIME_MS, and what is sealed on its last day may wait a month. */
export const INBOX_KEY_RETENTION_MS = 58 * DAY_MS
export const ADDRESSES_PER_DEVICE_MAX = 16
export const ADDRESS_LENGTH_MAX = 256
export const CAPABILITIES_MAX = 8
export const CAPABILITY_LENGTH_MAX = 32
/** Inceptions, additions, renewals and revocations of one account. IDN-12 */
export const IDENTITY_LOG_EVENTS_MAX = 64
export const KEY_PACKAGES_PER_BUNDLE_MAX = 8
/** A claimed name as it arrives, before it is cleaned for display. */
export const CLAIMED_NAME_BYTES_MAX = 512

// first contact (FST)
export const INVITE_LIFETIME_MS = 30 * DAY_MS
export const INVITE_SECRET_BYTES = 16
export const INVITE_LINK_LENGTH_MAX = 2_048
export const REQUESTS_PENDING_MAX = 200
export const REQUEST_TEXT_LETTERS_MAX = 1_000
export const SEALED_LIFETIME_MS = 30 * DAY_MS
/** Own inbox keys that are tried on one envelope: INBOX_KEY_RETENTION_MS / INBOX_KEY_ROTATION_MS and the current one. */
export const INBOX_KEYS_MAX = 10
export const SEALED_TYPE_LENGTH_MAX = 64
export const CONVERSATION_ID_BYTES = 32
export const GROUP_ID_BYTES_MAX = 64
export const CLOCK_SKEW_MAX_MS = 5 * MINUTE_MS

// authentication (AUTH)
export const AUTH_TIMEOUT_MS = 10 * SECOND_MS
export const AUTH_NONCE_BYTES = 32
export const AUTH_FLIGHT_BYTES_MAX = 4_096

// MLS (MLS)
export const MLS_MESSAGE_BYTES_MAX = 1_048_576
export const MLS_TREE_BYTES_MAX = 4_194_304
export const MLS_LEAVES_MAX = 1_024
export const KEY_PACKAGE_BYTES_MAX = 16_384
export const KEY_PACKAGE_LIFETIME_MS = 28 * DAY_MS
export const KEY_PACKAGE_RETENTION_MS = 7 * DAY_MS
export const RETAINED_GENERATIONS = 512
export const FORWARD_RATCHET_STEPS_MAX = 2_048

// conversation (CNV)
export const EPOCHS_RETAINED_MIN_DEPTH = 16
export const EPOCHS_RETAINED_MAX = 64
export const EPOCH_RETENTION_MS = 72 * HOUR_MS
/** Path-only commit of a device that has sent or received since its last one. CNV-9 */
export const SELF_UPDATE_INTERVAL_MS = DAY_MS
/** … or after that many messages in one epoch, whichever comes first. */
export const SELF_UPDATE_MESSAGES = 5_000

// content (CNT)
export const TEXT_LETTERS_MAX = 20_000
export const SUBJECT_LETTERS_MAX = 500
export const COPY_ID_BYTES = 31
/** Copies of one saying that are looked up at once. */
export const COPIES_FOUND_MAX = 1_000
/** Values that applications keep with an account. API-21 */
export const APP_VALUES_MAX = 64
export const CONTENT_BYTES_MAX = 131_072
export const PARENTS_MAX = 8
export const REACTION_LETTERS_MAX = 8
export const RECEIPT_IDS_MAX = 256
export const NAME_LETTERS_MAX = 64
export const TYPING_INTERVAL_MS = 3 * SECOND_MS
export const TYPING_LIFETIME_MS = 6 * SECOND_MS

// synchronisation (SYN)
export const HEADS_MAX = 32
export const WANTED_IDS_MAX = 256
export const RESEND_MESSAGES_MAX = 256

// link (LINK)
/** One write: with the Yamux header it fills exactly one Noise message, so nothing is split into a small remainder. */
export const LINK_WRITE_BYTES_MAX = 65_507
export const LINK_OPEN_TIMEOUT_MS = 10 * SECOND_MS
export const LINK_CLOSE_TIMEOUT_MS = 2 * SECOND_MS
/** How long a refused opener waits for the link that made the other end refuse. LINK-6 */
export const LINK_REFUSED_WAIT_MS = 500
/** What one peer may have on the way to a receiver that does not read. */
export const LINK_WINDOW_BYTES_MAX = 4 * 1_048_576

// network (NET)
export const CONNECT_TIMEOUT_MS = 30 * SECOND_MS
export const DIAL_ADDRESS_TIMEOUT_MS = 5 * SECOND_MS
/** Between the starts of attempts at two addresses of one peer, as RFC 8305 recommends. NET-30 */
export const DIAL_ATTEMPT_DELAY_MS = 250
/** How long direct addresses are tried before relays and the DHT are asked too. NET-2 */
export const DIAL_HEAD_START_MS = 500
export const DIAL_ATTEMPTS_AT_ONCE_MAX = 8
export const DHT_LOOKUP_TIMEOUT_MS = 8 * SECOND_MS
export const CONNECTIONS_MAX = 300
export const INBOUND_CONNECTIONS_PER_SECOND_MAX = 200
export const INBOUND_CONNECTIONS_PENDING_MAX = 100
export const INFRASTRUCTURE_PEERS_MAX = 16
export const KEEPER_DELAY_MIN_MS = 500
export const KEEPER_DELAY_MAX_MS = 30 * SECOND_MS
/** The first try after the loss of a connection that was good comes within this. */
export const KEEPER_SPREAD_MS = 250
/** A connection that lived this long counts as good: the next failure starts from the shortest delay again. */
export const KEEPER_STABLE_MS = 30 * SECOND_MS
/** A connection to a push node that was silent for so long is asked by the kernel whether it still is one. NET-31 */
export const PUSH_NODE_KEEP_ALIVE_MS = 2 * SECOND_MS
/** One try for a direct path between two routers, from the first word to the upgraded connection. */
export const PUNCH_TIMEOUT_MS = 10 * SECOND_MS
export const LIVENESS_INTERVAL_MS = 15 * SECOND_MS
export const LIVENESS_TIMEOUT_MIN_MS = 15 * SECOND_MS
/** How often the addresses of this machine are looked at. NET-31 */
export const NETWORK_LOOK_MS = SECOND_MS
/** A look that comes so late was late because the machine slept. */
export const SLEEP_GAP_MS = 3 * SECOND_MS
/** How long the other end of a connection may take to give a sign of life after the network changed … NET-32 */
export const CHANGE_PATIENCE_MS = SECOND_MS
/** … and when an acknowledgement stays out, which a busy device explains too. */
export const SILENCE_PATIENCE_MS = 2 * SECOND_MS
/** Of the usual round trips of a connection, where these are long. */
export const LIVENESS_RTT_FACTOR = 4
/** Questions for a sign of life that a connection has at a time, of every kind. */
export const LIVENESS_STREAMS_MAX = 8
/** Places where one question may have us dialled back, and how long that may take. NET-12 */
export const DIAL_BACK_PORTS_MAX = 4
export const DIAL_BACK_TIMEOUT_MS = 6 * SECOND_MS
/** Questions of one IPv4 address or IPv6 /64 that are answered: at once, and then in a minute. NET-12 */
export const DIAL_BACKS_PER_PLACE_BURST_MAX = 4
export const DIAL_BACKS_PER_PLACE_PER_MINUTE_MAX = 2
/** Dials for others that run at the same time. NET-12 */
export const DIAL_BACKS_AT_ONCE_MAX = 32
/** How long a port of a router is asked for, how long routers are sought, and after how long they are asked again. NET-14 */
export const PORT_MAPPING_LIFETIME_MS = HOUR_MS
export const PORT_MAPPING_SEARCH_MS = 15 * SECOND_MS
export const PORT_MAPPING_AGAIN_MS = 10 * MINUTE_MS
/** How often names on the local network change, and how many are asked for or answered at a time. NET-15 */
export const LOCAL_TAG_ROTATION_MS = HOUR_MS
export const LOCAL_TAGS_MAX = 512

// mailbox (MBX, PTR, HLD)
/** What a sealed envelope may wait at most: blocks, pointers, outbox rows. */
export const WAITING_LIFETIME_MS = 30 * DAY_MS
/** Pointer keys of one device in one epoch; used in turn, so that two deposits have nothing in common. PTR-3 */
export const POINTER_SLOTS = 32
export const POINTER_BLOCKS_MAX = 256
export const POINTER_HOLDERS_MAX = 8
/** Letters of one URL or multiaddr in a pointer. */
export const POINTER_HOLDER_LENGTH_MAX = 1_024
/** Blocks of one pointer that have a location of their own: with all of the longest the record still fits. PTR-4 */
export const POINTER_LOCATIONS_MAX = 12
/** Total sizes of a pointer record. */
export const POINTER_BUCKETS_BYTES = [512, 2_048, 8_192, 32_768] as const
export const POINTER_BYTES_MAX = 32_768
/** DHT peers that are asked to hold a pointer, and asked for one. */
export const POINTER_REPLICAS_MAX = 8
/** Mailbox requests of one stream that may wait for their answers. */
export const MAILBOX_REQUESTS_MAX = 64
export const MAILBOX_TIMEOUT_MS = 10 * SECOND_MS
export const MAILBOX_BLOCKS_MAX = 1_024
export const MAILBOX_POINTERS_MAX = 256
export const MAILBOX_KEYS_MAX = 8_192
/** Letters of a key by which pointers are asked for: enough to find, too few to be sure. Bytes. */
export const KEY_PREFIX_BYTES = 8
/** Topics of wake-ups, for everybody together. MBX-5 */
export const WAKE_TOPICS = 256
export const WAKE_BYTES_MAX = 512
export const WAKE_ROTATION_MS = DAY_MS
/** Wake-ups of one peer that are passed on: at once, and then in a second; of a push node so many times as many. MBX-5 */
export const WAKES_BURST_MAX = 256
export const WAKES_PER_SECOND_MAX = 16
export const WAKES_PUSH_NODE_FACTOR = 32
/** Inboxes share 2^bits buckets a day: whoever asks for one asks for all strangers' mail in it. PTR-7 */
export const INBOX_BUCKET_BITS = 10
/** Worked records that a holder keeps under one prefix, and their bytes: all of them fit into one answer. HLD-6 */
export const INBOX_BUCKET_RECORDS_MAX = 1_024
export const INBOX_BUCKET_BYTES_MAX = 786_432
/** A worked record names one block: it has one of the two smallest sizes. PTR-7 */
export const WORKED_BYTES_MAX = 2_048
/** Leading zero bits of the work on a record for a stranger; a push node may ask for other, up to WORK_BITS_MAX. */
export const WORK_BITS = 18
export const WORK_BITS_MAX = 24
/** What a holder keeps for one peer, and in all unless it is configured otherwise. */
export const HOLDER_BYTES_PER_PEER_MAX = 64 * 1_048_576
export const HOLDER_BYTES_MAX = 4_096 * 1_048_576
/** … where it holds pointers only. HLD-9 */
export const HOLDER_POINTERS_ONLY_BYTES = 64 * 1_048_576
export const HOLDER_POINTERS_PER_PEER_MAX = 16_384
export const HOLDER_POINTERS_MAX = 1_048_576
/** A peer is a device and has one account; some room is left for those who pass on what others made. HLD-12 */
export const HOLDER_PROFILES_PER_PEER_MAX = 16
export const HOLDER_PROFILES_MAX = 262_144
/** How long a block that was announced with `store` is expected, and how many are, of one peer and in all. HLD-2 */
export const HOLDER_ANNOUNCED_LIFETIME_MS = 5 * MINUTE_MS
export const HOLDER_ANNOUNCED_PER_PEER_MAX = 4_096
export const HOLDER_ANNOUNCED_MAX = 65_536
/** What one peer may ask of a holder: a request costs one and more when it is large, so much comes back each second. HLD-10 */
export const HOLDER_ALLOWANCE_MAX = 2_048
export const HOLDER_ALLOWANCE_PER_SECOND = 256
/** Peers whose allowance is remembered; a peer that was forgotten begins anew. */
export const HOLDER_PEERS_REMEMBERED_MAX = 4_096
/** A held block that is announced again lives longer, in steps of this. */
export const HOLDER_RENEWAL_STEP_MS = DAY_MS
/** What is over is removed in slices, so that requests are answered in between. */
export const HOLDER_COLLECT_SLICE = 256
export const HOLDER_COLLECT_PAUSE_MS = 50
export const HOLDER_COLLECT_INTERVAL_MS = 5 * MINUTE_MS
/** Page cache of a holder's database; the blocks themselves stay on the disk. KiB. */
export const HOLDER_CACHE_KIB = 8_192
/** Writes of one transaction. */
export const HOLDER_WRITES_MAX = 64

// Tor (TOR): every step takes three to six hops, and the first one builds them
export const TOR_CONNECT_TIMEOUT_MS = 90 * SECOND_MS
export const TOR_DIAL_ADDRESS_TIMEOUT_MS = 60 * SECOND_MS
export const TOR_DIAL_ATTEMPT_DELAY_MS = 10 * SECOND_MS
export const TOR_DIAL_HEAD_START_MS = 20 * SECOND_MS
export const TOR_UPGRADE_TIMEOUT_MS = 60 * SECOND_MS
export const TOR_STREAM_TIMEOUT_MS = 30 * SECOND_MS
export const TOR_LIVENESS_TIMEOUT_MIN_MS = 60 * SECOND_MS
/** The proxy and the control port are programs of this machine: they answer or are not there. */
export const TOR_ANSWER_TIMEOUT_MS = 10 * SECOND_MS
/** One reply of the control port, or one event. */
export const TOR_CONTROL_REPLY_BYTES_MAX = 65_536

// push node (PUSH)
/** Devices with a place here, and those who leave or fetch something. */
export const PUSH_CONNECTIONS_MAX = 8_192
/** What the link of a push node may have. */
export const PUSH_LINK_ADDRESSES_MAX = 8
export const PUSH_LINK_LENGTH_MAX = 1_024
/** What is granted unless the operator says otherwise. */
export const RELAY_RESERVATIONS_MAX = 4_096
export const RELAY_RESERVATIONS_PER_IP_MAX = 64
/** What an operator may say. */
export const RELAY_RESERVATIONS_LIMIT_MAX = 65_536
export const PUSH_CONNECTIONS_LIMIT_MAX = 2 * RELAY_RESERVATIONS_LIMIT_MAX
export const RELAY_RESERVATION_LIFETIME_MS = 2 * HOUR_MS
export const RELAY_CIRCUIT_BYTES_MAX = 128 * 1_048_576
export const RELAY_CIRCUIT_LIFETIME_MS = 12 * HOUR_MS
/** Circuits that one peer may open, and circuits that may end at one peer. */
export const RELAY_CIRCUITS_PER_PEER_MAX = 64
/** Devices that were refused a place are told in the log this often. */
export const RELAY_REFUSAL_LOG_INTERVAL_MS = MINUTE_MS
/** What a proxy says about a connection, with extensions. */
export const PROXY_HEADER_BYTES_MAX = 4_096
export const PROXY_HEADER_TIMEOUT_MS = 5 * SECOND_MS

// profiles (PRF, PFX, PUB)
/** A signed record, as it travels and is kept. */
export const PROFILE_BYTES_MAX = 49_152
export const PROFILE_NAME_LETTERS_MAX = 40
export const PROFILE_HANDLE_LETTERS_MAX = 40
export const PROFILE_LOCATION_LETTERS_MAX = 40
export const PROFILE_ABOUT_LETTERS_MAX = 10_000
/** What applications add: entries, letters of a key, bytes of all of them. */
export const PROFILE_EXTRA_ENTRIES_MAX = 16
export const PROFILE_EXTRA_KEY_LETTERS_MAX = 64
export const PROFILE_EXTRA_BYTES_MAX = 8_192
export const PROFILE_ADDRESSES_MAX = 16
/** A record is renewed when half of it is over, so that nobody has to trust an old one. */
export const PROFILE_LIFETIME_MS = 35 * DAY_MS
/** Versions of one account that are kept. */
export const PROFILE_VERSIONS_MAX = 100
/** Records of strangers that are kept; of those beyond, the ones that were looked at longest ago go. */
export const PROFILES_OF_STRANGERS_MAX = 10_000
/** A profile that was confirmed this recently is shown without asking again. */
export const PROFILE_FRESH_MS = HOUR_MS
/** Names asked for in one request. */
export const PROFILE_NAMES_MAX = 64
/** Profiles are pushed on so many topics, for everybody together. */
export const PROFILE_TOPICS = 256
/** Records of one peer that are passed on: at once, and then in a second; of a push node WAKES_PUSH_NODE_FACTOR times as many. */
export const PROFILE_PUSHES_BURST_MAX = 16
export const PROFILE_PUSHES_PER_SECOND_MAX = 2
export const AVATAR_BYTES_MAX = 65_536
export const AVATAR_SIDE_PIXELS_MAX = 512
/** Pictures that are kept, of everybody together. */
export const AVATARS_BYTES_MAX = 64 * 1_048_576
/** Names that are looked up at once, and how long the first answer may take. */
export const PROFILE_LOOKUPS_MAX = 8
export const PROFILE_LOOKUP_TIMEOUT_MS = 10 * SECOND_MS
/** Ids of all streams together that still wait for their answer; a stream that would make them more is refused. */
export const PROFILES_WAITING_MAX = 50_000
/** A published profile is put again this often, so that holders and the DHT keep it. */
export const PROFILE_REPUBLISH_MS = 12 * HOUR_MS

/** A record under an IPNS name: what other implementations take, and how long it is good. PUB-4 */
export const NAME_RECORD_BYTES_MAX = 10_240
export const NAME_RECORD_LIFETIME_MS = 48 * HOUR_MS
/** What a DHT server keeps in memory of records and providers that others put. */
export const DHT_RECORDS_BYTES_MAX = 64 * 1_048_576

// presence (PRS)
export const PRESENCE_LIFETIME_MS = 3 * MINUTE_MS

// OpenBazaar 2.0 (OBZ): the limits of that network, except the fields
/** One message on a stream, and with it one envelope. OBZ-6 */
export const OPENBAZAAR_MESSAGE_BYTES_MAX = 4_194_304
/** Fields of one protobuf message that are looked at; a message with more is refused. OBZ-5 */
export const OPENBAZAAR_FIELDS_MAX = 16_384
export const OPENBAZAAR_CHAT_LETTERS_MAX = 20_000
export const OPENBAZAAR_SUBJECT_LETTERS_MAX = 500
/** What UnixFS keeps in one block; larger files are trees. OBZ-12 */
export const OPENBAZAAR_LEAF_BYTES_MAX = 262_144
/** Bits of a peer id that its pointer key tells. OBZ-13 */
export const OPENBAZAAR_POINTER_BITS = 14
