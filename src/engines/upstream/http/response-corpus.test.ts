import { describe, expect, test } from 'bun:test'
import { MessageSyntaxError } from '../../../http/message-head.ts'
import { responseCorpus } from './response-corpus.testing.ts'
import { ResponseParser } from './response-parser.ts'

function read(pieces: readonly Buffer[], names: readonly string[]): object {
	const parser = new ResponseParser({ maxHeadBytes: 10_000 })
	let body = ''
	try {
		for (const piece of pieces) body += Buffer.from(parser.read(piece)).toString('latin1')
	} catch (thrown) {
		if (!(thrown instanceof MessageSyntaxError)) throw thrown
		return { rejected: true }
	}
	const headers = Object.fromEntries(names.map((name) => [name, parser.head?.headers.get(name)]))
	return { status: parser.head?.status, headers, body, done: parser.done }
}

/** The same bytes complete, one at a time, and split in two at every position. */
function everyCut(text: string): readonly (readonly Buffer[])[] {
	const all = Buffer.from(text, 'latin1')
	const cuts = Array.from({ length: all.length + 1 }, (_, at) => [all.subarray(0, at), all.subarray(at)])
	return [[all], Array.from(all, (byte) => Buffer.from([byte])), ...cuts]
}

describe('the responses of llhttp, split at every position', () => {
	for (const { name, text, rejected, status, headers = {}, body, done = false } of responseCorpus)
		test(name, () => {
			const expected = rejected === true ? { rejected } : { status, headers, body, done }
			for (const pieces of everyCut(text)) expect(read(pieces, Object.keys(headers))).toEqual(expected)
		})
	test('have different names, and enough of them are there', () => {
		expect(new Set(responseCorpus.map(({ name }) => name)).size).toBe(responseCorpus.length)
		expect(responseCorpus.length).toBeGreaterThan(50)
	})
})
