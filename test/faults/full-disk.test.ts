// A full disk under the journal and the stored streams: calls are refused before an upstream is called, nothing is
// billed that was not answered, streams end with an error and are never corrupted, and everything works again once there
// is space. Skipped if no tmpfs can be mounted.

import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { App, isPending, json, quiet, readerOf } from '../../src/pipeline/pipeline.testing.ts'
import { mountSmallDisk } from '../small-disk.testing.ts'

const disk = await mountSmallDisk()
afterAll(() => disk?.unmount())
let count = 0
let folder = ''
beforeEach(async () => {
	await disk?.free()
	folder = join(disk?.folder ?? '', String(++count))
	if (disk !== undefined) await mkdir(folder)
})

const free = { permits: 0, queued: 0, tickets: 0 }
const resumable = { 'x-dragoman-resumable': '1' }

type Send = (app: App) => Promise<Response>
const calls: readonly (readonly [string, Send])[] = [
	['unary', (app) => app.chat('one')],
	['stream', (app) => app.stream('one')],
	['resumable', (app) => app.stream('one', {}, { headers: resumable })],
	['background', (app) => app.post('/v1/responses', { model: 'echo', input: 'one', background: true })],
	['embeddings', (app) => app.post('/v1/embeddings', { model: 'echo', input: 'one' })],
]

/** Fills the disk, and then the last block of the journal, in which lines still fit. */
async function fill(app: App): Promise<void> {
	disk?.fill()
	for (let answered = true; answered; ) {
		const response = await app.post('/v1/embeddings', { model: 'echo', input: 'one' }, { as: 'bob' })
		await response.text()
		answered = response.status === 200
	}
}

/** Sends `send` until it is answered. */
async function recovered(app: App, send: Send): Promise<Response> {
	for (;;) {
		const response = await send(app)
		if (response.status !== 503) return response
		await response.text()
		await quiet()
	}
}

describe.skipIf(disk === undefined)('a full disk', () => {
	test.each(calls)('refuses a call before an upstream is called, and heals: %s', async (_, send) => {
		await using app = await App.open({ folder })
		await (await app.chat('before')).text()
		await fill(app)
		const sent = app.upstream().received.length
		for (let attempt = 0; attempt < 20; attempt++) {
			const response = await send(app)
			await response.text()
			expect(response.status).toBe(503)
		}
		expect(app.upstream().received.length).toBe(sent)
		expect(await app.held()).toEqual(free)
		await disk?.free()
		const response = await recovered(app, send)
		expect(response.status).toBe(200)
		await response.text()
		const records = await app.usageRecords()
		expect(records.filter(({ outcome }) => outcome === 'completed')).toHaveLength(2)
		for (const { outcome, promptTokens, completionTokens, costMicros } of records)
			if (outcome !== 'completed') expect([promptTokens, completionTokens, costMicros]).toEqual([0, 0, 0])
	})

	test('that is found before an upstream is called, if the last write was long ago', async () => {
		await using app = await App.open({ folder })
		let answered = 0
		/** Upstream requests of the first call that is refused. */
		const refusedAfter = async () => {
			for (;;) {
				app.clock.advance(2000)
				const [sent, response] = [app.upstream().received.length, await app.chat('one '.repeat(20))]
				await response.text()
				if (response.status === 200) answered++
				else {
					expect(response.status).toBe(503)
					return app.upstream().received.length - sent
				}
			}
		}
		// The opening line may be the last one that fits: then the settlement fails. It is not always.
		const requests: number[] = []
		for (let round = 0; round < 10 && !requests.includes(0); round++) {
			disk?.fill()
			requests.push(await refusedAfter())
			await disk?.free()
			while ((await app.chat('one '.repeat(round + 1))).status !== 200) app.clock.advance(2000)
			answered++
		}
		expect(Math.max(...requests)).toBeLessThanOrEqual(1)
		expect(requests).toContain(0)
		const records = await app.usageRecords()
		expect(records.filter(({ costMicros, completionTokens }) => completionTokens > 0 || costMicros > 0)).toHaveLength(
			answered,
		)
	})

	test('that fills up while a unary call is answered makes it 503, and it is not billed', async () => {
		await using app = await App.open({ folder })
		await (await app.chat('before')).text()
		const sent = app.upstream().nextRequest()
		const response = app.chat('echo:delay 50 one two')
		await sent
		await fill(app)
		while (await isPending(response)) app.clock.advance(50)
		expect((await response).status).toBe(503)
		const records = await app.usageRecords()
		expect(records).toMatchObject([
			{ outcome: 'completed' },
			{ outcome: 'failed', promptTokens: 0, completionTokens: 0, costMicros: 0 },
		])
		expect(await app.held()).toEqual(free)
	})

	test('that fills up during a stream ends it with an error, and what was sent is billed', async () => {
		await using app = await App.open({ folder })
		const response = await app.stream('echo:delay 50 one two three')
		const reader = readerOf(response)
		let text = (await reader.next()) ?? ''
		await fill(app)
		const rest = (async () => {
			for (let more = await reader.next(); more !== undefined; more = await reader.next()) text += more
		})()
		while (await isPending(rest)) app.clock.advance(50)
		expect(text).toContain('Usage could not be recorded')
		expect(text).not.toContain('[DONE]')
		expect(await app.usageRecords()).toMatchObject([{ completionTokens: 3 }])
		expect(await app.held()).toEqual(free)
	})

	describe('that fills up during a stored stream', () => {
		/** Fills the disk after the first event. @returns the id of the stream, and the text that its client received. */
		async function interrupted(app: App): Promise<{ readonly id: string; readonly text: string }> {
			const response = await app.stream(`echo:delay 50 ${'word '.repeat(40)}`, {}, { headers: resumable })
			const id = response.headers.get('x-dragoman-stream') ?? ''
			const reader = readerOf(response)
			let text = (await reader.next()) ?? ''
			await fill(app)
			const rest = (async () => {
				for (let more = await reader.next(); more !== undefined; more = await reader.next()) text += more
			})()
			while (await isPending(rest)) app.clock.advance(50)
			return { id, text }
		}

		test('ends it with an error, for every reader, also after there is space', async () => {
			await using app = await App.open({ folder })
			const { id, text } = await interrupted(app)
			expectWhole(text)
			expect(text).toContain('"error"')
			expect(text).not.toContain('[DONE]')
			expect(await (await app.get(`/v1/streams/${id}`)).text()).toBe(text)
			await disk?.free()
			app.clock.advance(1000)
			await quiet()
			expect(await (await app.get(`/v1/streams/${id}`)).text()).toBe(text)
			expect(await app.held()).toEqual(free)
		})
	})

	test('that is full when a background response ends leaves it readable and ended', async () => {
		await using app = await App.open({ folder })
		const accepted = await json<{ readonly id: string }>(
			await app.post('/v1/responses', {
				model: 'echo',
				input: `echo:delay 50 ${'word '.repeat(40)}`,
				background: true,
			}),
		)
		await app.clock.asleep(50)
		await fill(app)
		const status = async () =>
			(await json<{ readonly status: string }>(await app.get(`/v1/responses/${accepted.id}`))).status
		for (let step = 0; step < 60; step++) {
			app.clock.advance(50)
			await quiet()
		}
		expect(await status()).toBe('failed')
		expect(await app.held()).toEqual(free)
	})
})

/** Every event is complete JSON. */
function expectWhole(text: string): void {
	expect(text.endsWith('\n\n')).toBe(true)
	for (const event of text.split('\n\n').filter((one) => one !== '')) {
		const [, data = ''] = /^data: (.*)$/m.exec(event) ?? []
		if (data !== '[DONE]') expect(() => JSON.parse(data)).not.toThrow()
	}
}
