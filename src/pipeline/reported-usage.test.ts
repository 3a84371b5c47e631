// Usage that an upstream reports and that cannot be right: the client, the usage record, the metrics and the stored turn
// have the server's own count, and the log names the upstream.

import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { Usage } from '../chat/usage.ts'
import { App, type AppOptions, json } from './pipeline.testing.ts'

const plausible: Usage = {
	promptTokens: 12,
	completionTokens: 3,
	cachedTokens: 4,
	reasoningTokens: 1,
	source: 'upstream',
}

function answerWith(usage: Usage): AppOptions {
	const script: readonly ChatEvent[] = [
		{ type: 'start' },
		{ type: 'part-start', choice: 0, part: { type: 'text' } },
		{ type: 'part-delta', choice: 0, part: 'text', text: 'one' },
		{ type: 'part-delta', choice: 0, part: 'text', text: ' two' },
		{ type: 'part-end', choice: 0 },
		{ type: 'choice-finish', choice: 0, reason: 'stop' },
		{ type: 'finish', usage },
	]
	return { upstreams: { a: { script } } }
}

const impossible: Readonly<Record<string, Partial<Usage>>> = {
	'the largest integers': { promptTokens: Number.MAX_SAFE_INTEGER, completionTokens: Number.MAX_SAFE_INTEGER },
	'a negative prompt': { promptTokens: -1, cachedTokens: 0 },
	'no prompt': { promptTokens: 0, cachedTokens: 0 },
	'a fraction': { completionTokens: 2.5 },
	'more than a double holds exactly': { promptTokens: 2 ** 60 },
	infinity: { completionTokens: Number.POSITIVE_INFINITY },
	'not a number': { promptTokens: Number.NaN },
	'more cached tokens than the prompt has': { cachedTokens: 13 },
	'a negative number of cached tokens': { cachedTokens: -1 },
	'more reasoning than the completion has': { reasoningTokens: 4 },
	'an absurd number of cached tokens': { promptTokens: 2e12, cachedTokens: 1e12 },
	'an absurd number of written tokens': { cacheWriteTokens: 1e12 },
	'a completion that no model generates': { completionTokens: 50_000_000 },
}

const counted = { promptTokens: 1, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0, source: 'counted' }
const usageMessage = 'the upstream a reported usage that cannot be right; the tokens were counted instead'

describe.each(Object.entries(impossible))('%s', (_, change) => {
	test('in a unary answer', async () => {
		await using app = await App.open(answerWith({ ...plausible, ...change }))
		const response = await app.chat('hi')
		const { usage } = await json<{ readonly usage: object }>(response)
		expect(usage).toMatchObject({ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 })
		expect(await app.usageRecords()).toMatchObject([{ ...counted, outcome: 'completed' }])
		expect(await app.metrics()).toContain('dragoman_tokens_total{model="echo",kind="completion"} 2\n')
	})

	test('in a stream', async () => {
		await using app = await App.open(answerWith({ ...plausible, ...change }))
		const text = await (await app.stream('hi', { stream_options: { include_usage: true } })).text()
		expect(text).toContain('"prompt_tokens":1,"completion_tokens":2,"total_tokens":3')
		expect(await app.usageRecords()).toMatchObject([{ ...counted, outcome: 'completed' }])
	})

	test('in a stream that fails', async () => {
		const { upstreams } = answerWith(plausible)
		const begun = (upstreams?.a?.script ?? []).slice(0, 4)
		const failed: ChatEvent = {
			type: 'error',
			error: new ChatError('upstream-failed', 'no'),
			usage: { ...plausible, ...change },
		}
		await using app = await App.open({ upstreams: { a: { script: [...begun, failed] } } })
		await (await app.stream('hi')).text()
		expect(await app.usageRecords()).toMatchObject([{ ...counted, outcome: 'failed' }])
	})
})

test('the upstream is logged once, with the fault', async () => {
	await using app = await App.open(answerWith({ ...plausible, promptTokens: -1, cachedTokens: 0 }))
	for (let call = 0; call < 3; call++) await (await app.chat('hi')).text()
	expect(app.log.filter(({ msg }) => msg === usageMessage)).toMatchObject([
		{ upstream: 'a', fault: 'promptTokens is -1' },
	])
})

test('a completion far above its limit and its text is counted, one above its limit is not', async () => {
	for (const [completionTokens, billed] of [
		[1_100, 1_100],
		[20_000, 2],
	]) {
		await using app = await App.open(answerWith({ ...plausible, completionTokens: completionTokens ?? 0 }))
		await (await app.chat('hi', { max_tokens: 100 })).text()
		expect(await app.usageRecords()).toMatchObject([{ completionTokens: billed }])
	}
})

test('reasoning beyond the limit is plausible', async () => {
	const usage = { ...plausible, completionTokens: 40_000, reasoningTokens: 39_990 }
	await using app = await App.open(answerWith(usage))
	await (await app.chat('hi', { max_tokens: 100 })).text()
	expect(await app.usageRecords()).toMatchObject([{ completionTokens: 40_000, source: 'upstream' }])
})

test('what can be right is billed as it is reported', async () => {
	await using app = await App.open(answerWith(plausible))
	await (await app.chat('hi')).text()
	expect(await app.usageRecords()).toMatchObject([{ ...plausible }])
	expect(app.log.filter(({ msg }) => msg === usageMessage)).toEqual([])
})

test("an upstream's count of a prompt that cannot be right is replaced by the tokenizer's", async () => {
	for (const tokens of [-5, 2 ** 60, Number.NaN, 1.5]) {
		const script = answerWith({ ...plausible, promptTokens: 0, completionTokens: 0, source: 'counted' }).upstreams?.a
			?.script
		await using app = await App.open({ upstreams: { a: { script, counts: async () => tokens } } })
		await (await app.chat('hi')).text()
		const [record] = await app.usageRecords()
		expect(record?.promptTokens).toBeGreaterThan(0)
		expect(record?.promptTokens).toBeLessThan(100)
	}
})
