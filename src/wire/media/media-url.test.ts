import { expect, test } from 'bun:test'
import { mediaTypeOf, readDataUrl } from './media-url.ts'

test('data URLs, base64 or not, with and without a type', () => {
	expect(readDataUrl('data:image/PNG;base64,AAAA', 'p')).toEqual({ mediaType: 'image/png', data: 'AAAA' })
	expect(readDataUrl('data:text/plain;charset=utf-8;name="a,b",x', 'p')?.mediaType).toBe('text/plain')
	expect(readDataUrl('data:,gr%C3%BC%C3%9Fe', 'p')).toEqual({
		mediaType: 'text/plain',
		data: Buffer.from('grüße').toString('base64'),
	})
})

test('other URLs are not data URLs', () => {
	for (const url of ['https://example.org/a.png', 'gs://a/b', '']) expect(readDataUrl(url, 'p')).toBeUndefined()
})

test('malformed data URLs are rejected with the field name', () => {
	for (const url of ['data:image/png', 'data:,%E0%A4%A'])
		expect(() => readDataUrl(url, 'messages[0]')).toThrow(
			expect.objectContaining({ kind: 'invalid-request', param: 'messages[0]' }),
		)
})

test('a long data URL is read quickly', () => {
	const begun = performance.now()
	expect(readDataUrl(`data:image/png;base64,${'A'.repeat(8_000_000)}`, 'p')?.data.length).toBe(8_000_000)
	expect(performance.now() - begun).toBeLessThan(1000)
})

test('media types by file extension', () => {
	expect(mediaTypeOf('https://example.org/a.JPG?x=1#y')).toBe('image/jpeg')
	expect(mediaTypeOf('https://example.org/a')).toBeUndefined()
	expect(mediaTypeOf('https://example.org/constructor')).toBeUndefined()
})
