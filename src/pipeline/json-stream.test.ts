import { expect, test } from 'bun:test'
import { JsonPieces } from '../dialects/writer.ts'
import type { ChunkSource } from '../http/event-stream.ts'
import { type LogLine, recordingLog } from '../system/log.testing.ts'
import { rejection } from '../system/rejection.testing.ts'
import { streamJson } from './json-stream.ts'

const failure = new Error('the database is not available')
let closed = 0

/** Yields `pieces`, and fails after them if `fails`. */
async function* generate(pieces: readonly string[], fails = false): AsyncGenerator<string> {
	try {
		yield* pieces
		if (fails) throw failure
	} finally {
		closed++
	}
}

async function open(pieces: AsyncGenerator<string>, lines: LogLine[] = []) {
	const answer = await streamJson(new JsonPieces(pieces), recordingLog(lines))
	if (answer.type !== 'stream') throw new Error('the answer is not streamed')
	const ends: boolean[] = []
	return { chunks: answer.open((disconnected) => ends.push(disconnected)), contentType: answer.contentType, ends }
}

async function textOf(chunks: ChunkSource): Promise<string> {
	let text = ''
	for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) text += chunk
	return text
}

test('all pieces are sent as JSON', async () => {
	const { chunks, contentType, ends } = await open(generate(['[', '1', ']']))
	expect([contentType, await textOf(chunks), ends]).toEqual(['application/json', '[1]', [false]])
	expect(chunks.cut ?? false).toBe(false)
})

test('a failure before the first piece is thrown, so that it has a status', async () => {
	expect(await rejection(open(generate([], true)))).toBe(failure)
})

test('a later failure cuts the connection and is logged', async () => {
	const lines: LogLine[] = []
	const { chunks } = await open(generate(['[1'], true), lines)
	expect(await textOf(chunks)).toBe('[1')
	expect(chunks.cut).toBe(true)
	expect(lines).toMatchObject([{ err: { message: failure.message } }])
})

test('a client that disconnects ends the reads', async () => {
	const { chunks, ends } = await open(generate(['[1', ']']))
	const before = closed
	chunks.cancel()
	await new Promise((resolve) => setImmediate(resolve))
	expect([closed - before, ends]).toEqual([1, [true]])
})

test('a shutdown cuts the connection', async () => {
	const { chunks } = await open(generate(['[1', ']']))
	expect(chunks.interrupt()).toBe('')
	expect(chunks.cut).toBe(true)
})
