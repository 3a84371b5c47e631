import { describe, expect, test } from 'bun:test'
import type { Signature } from '../../chat/message.ts'
import { readCallSignature, readSignature, writeCallSignature, writeSignature } from './signature-text.ts'

const own: Signature = { wire: 'anthropic', value: 'EqQB+/c2ln==' }
const other: Signature = { wire: 'gemini', value: 'a:b@c' }
const origin = 'api.anthropic.com:8443 claude@2:5 %'
const signatures = [own, other, { ...own, origin }, { ...other, origin }]

describe('a signature', () => {
	test.each(signatures)('is read as it was written, with its origin: %o', (signature) => {
		expect(readSignature(writeSignature(signature, true))).toEqual(signature)
		const id = 'call:1 %@'
		expect(readCallSignature(writeCallSignature({ id, signature }, true))).toEqual({ id, signature })
	})
	test('has no origin unless it is needed', () => {
		expect(writeSignature({ ...own, origin }, false)).toBe(own.value)
		expect(writeSignature(own, true)).toBe(own.value)
		expect(readSignature(writeSignature({ ...other, origin }, false))).toEqual(other)
	})
	test('that is not ours is read unchanged', () => {
		for (const value of ['@', '@x', '@%:y', 'UPPER:x', 'call'])
			expect(readSignature(value)).toEqual({ wire: 'anthropic', value })
		expect(readSignature('')).toBeUndefined()
		for (const data of ['ZGF0YQ==', 'gemini:x', '@a:gemini:x', 'call:x', 'call:gemini:%:x', ''])
			expect(readCallSignature(data)).toBeUndefined()
	})
})
