import fc from 'fast-check'
import { expect, it } from 'vitest'
import { directConversationId } from './direct.ts'

it('[CNV-1] two accounts have one conversation, whoever asks, and no other pair has it', () => {
  const name = fc.string({ maxLength: 6 })
  fc.assert(
    fc.property(name, name, name, name, (a, b, c, d) => {
      expect(directConversationId(a, b)).toBe(directConversationId(b, a))
      const isSame = [a, b].sort().join('\n') === [c, d].sort().join('\n')
      expect(directConversationId(a, b) === directConversationId(c, d)).toBe(isSame)
    }),
  )
  expect(directConversationId('did:a', 'did:b')).toBe('pO00rWMV_cm8PRGPfuuhVMGvUDGNF8l-FzLnZyqoDrQ')
})
