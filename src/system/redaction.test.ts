import { expect, test } from 'bun:test'
import { hideCredentials, redactorOf, removeCredentials } from './redaction.ts'

test('a secret that begins with another one is removed completely', () => {
	expect(redactorOf(['sk-team', 'Bearer sk-team-0123456789'])('401 for sk-team-0123456789, not sk-team')).toBe(
		'401 for ***, not ***',
	)
})

test('short texts are unchanged', () => expect(redactorOf(['en', ''])('the end')).toBe('the end'))

test('credentials of a URL are hidden up to the last @', () => {
	expect(hideCredentials('"postgres://ada:p@ss/word@db.internal/x" and http://a@b')).toBe(
		'"postgres://***@db.internal/x" and http://***@b',
	)
})

test.each([
	['https://ada:pass@models.internal/a@b/c.gguf', 'https://models.internal/a@b/c.gguf'],
	['https://ada:p@ss@models.internal/c.gguf', 'https://models.internal/c.gguf'],
	['https://models.internal/a@b/c.gguf', 'https://models.internal/a@b/c.gguf'],
	['hf:org/model@main/c.gguf', 'hf:org/model@main/c.gguf'],
])('credentials of %s are removed', (url, expected) => expect(removeCredentials(url)).toBe(expected))
