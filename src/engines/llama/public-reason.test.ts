import { expect, test } from 'bun:test'
import { publicReason } from './public-reason.ts'

test.each([
	['There is no model file at /srv/models/x.gguf.', 'There is no model file at x.gguf.'],
	[
		'there is no file "/srv/a/b.gguf" (did you mean "/srv/a/c.gguf"?)',
		'there is no file "b.gguf" (did you mean "c.gguf"?)',
	],
	["EACCES: permission denied, mkdir '/var/lib/dragoman/engine'", "EACCES: permission denied, mkdir 'engine'"],
	['~/models/x.gguf, ../up/y.gguf and ./z.gguf', 'x.gguf, y.gguf and z.gguf'],
	['C:\\models\\x.gguf is missing', 'x.gguf is missing'],
	['fetched from https://example.org/a/b.gguf', 'fetched from https://example.org/a/b.gguf'],
	['45 of 98 MB, 3 tokens/s, and/or', '45 of 98 MB, 3 tokens/s, and/or'],
	['one line\n/second/line', 'one line'],
	["'x' could not be fetched:\n  hub: refused", "'x' could not be fetched"],
])('%j becomes %j', (text, shown) => {
	expect(publicReason(text)).toBe(shown)
})

test('known paths are found with their spaces', () => {
	expect(publicReason('/srv/my models/x.gguf is no model', ['/srv/my models/x.gguf'])).toBe('x.gguf is no model')
})
