import { expect, test } from 'bun:test'
import { acceptsCoding } from './content-coding.ts'

test.each([
	['br', true, false],
	['gzip, deflate, br, zstd', true, true],
	['GZIP;q=0.5', false, true],
	['br;q=0, gzip', false, true],
	['br;q=0.000, gzip; q=0.0', false, false],
	['br ; q = 0', false, false],
	['br;q=0.001', true, false],
	['*', true, true],
	['*;q=0', false, false],
	['*;q=0, br', true, false],
	['br;q=0, *', false, true],
	['', false, false],
	['identity', false, false],
	['x-br, brotli, x-gzip', false, false],
	['br,'.repeat(10_000), true, false],
])('%p accepts br: %p, gzip: %p', (header, br, gzip) => {
	expect([acceptsCoding(header, 'br'), acceptsCoding(header, 'gzip')]).toEqual([br, gzip])
})
