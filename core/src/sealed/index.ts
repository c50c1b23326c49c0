export {
  CONTACT_REQUEST,
  CONTACT_WELCOME,
  encodeContactRequest,
  encodeContactWelcome,
  parseContactRequest,
  parseContactWelcome,
} from './contact-codec.ts'
export type { ContactRequestBody, ContactWelcomeBody } from './contact-codec.ts'
export { openSealed, SEALED_VERSION, sealTo } from './envelope.ts'
export type {
  OpenedSealed,
  SealedMessage,
  SealedOwner,
  SealedRecipient,
  SealedRejection,
  SealedSender,
  SealFailure,
  SealPorts,
} from './envelope.ts'
export { createInboxKey } from './inbox-key.ts'
export type { InboxKey } from './inbox-key.ts'
