import { describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { ChatError } from '../../chat/error.ts'
import type { UsageSum } from '../../ledger/usage-query.ts'
import { readUsageReport } from './usage-report.ts'

const day1 = Date.UTC(2026, 10, 1) / 1000
const daySeconds = 86_400
const nowMs = (day1 + 40 * daySeconds) * 1000

function sum(group: UsageSum['group'], requests: number, more: Partial<UsageSum> = {}): UsageSum {
	return {
		group,
		requests,
		promptTokens: 100 * requests,
		cachedTokens: 10 * requests,
		completionTokens: 50 * requests,
		reasoningTokens: 0,
		costMicros: 0,
		currency: '',
		...more,
	}
}

const read = (text: string) => readUsageReport('completions', new URLSearchParams(text))

function errorOf(text: string): ChatError {
	try {
		read(text)
	} catch (thrown) {
		if (thrown instanceof ChatError) return thrown
	}
	throw new Error(`'${text}' was read`)
}

describe('the query to the ledger', () => {
	test("whole days, from the one of the report's start to the one of its end", () => {
		const { query } = read(`start_time=${day1 + 3600}&end_time=${day1 + 2 * daySeconds + 1}`)
		expect(query).toEqual({
			fromMs: day1 * 1000,
			untilMs: (day1 + 3 * daySeconds) * 1000,
			groupBy: ['day', 'operation'],
		})
	})

	test('is limited to the days of the page', () => {
		expect(read(`start_time=${day1}`).query.untilMs).toBe((day1 + 7 * daySeconds) * 1000)
		expect(read(`start_time=${day1}&limit=2`).query.untilMs).toBe((day1 + 2 * daySeconds) * 1000)
	})

	test('lists as repeated parameters, with brackets or with indexes', () => {
		const wanted = { groupBy: ['day', 'operation', 'key', 'model'], models: ['a', 'b'], keys: ['k'] }
		for (const [open, next] of [
			['', ''],
			['[]', '[]'],
			['[0]', '[1]'],
		])
			expect(
				read(
					`start_time=${day1}&group_by${open}=model&group_by${next}=api_key_id&models${open}=a&models${next}=b&api_key_ids${open}=k`,
				).query,
			).toMatchObject(wanted)
	})

	test('filters are dimensions too', () => {
		expect(read(`start_time=${day1}&project_ids=t&user_ids=u`).query.groupBy).toEqual([
			'day',
			'operation',
			'tenant',
			'owner',
		])
	})
})

describe('invalid queries', () => {
	for (const [text, param] of [
		['', 'start_time'],
		['start_time=yesterday', 'start_time'],
		['start_time=-5', 'start_time'],
		['start_time=999999999999999', 'start_time'],
		['start_time=0&limit=0', 'limit'],
		['start_time=0&limit=32', 'limit'],
		['start_time=0&group_by=color', 'group_by[0]'],
		['start_time=0&page=page_1', 'page'],
		['start_time=86400&page=page_86400', 'page'],
		['start_time=0&page=86400', 'page'],
		['start_time=0&batch=perhaps', 'batch'],
	] as const)
		test(`'${text}' for its ${param}`, () => expect(errorOf(text)).toMatchObject({ kind: 'invalid-request', param }))

	test('buckets of less than a day', () =>
		expect(errorOf('start_time=0&bucket_width=1h')).toMatchObject({ kind: 'unsupported', param: 'bucket_width' }))
})

describe('the report', () => {
	test('a bucket for each day, including empty ones, without other operations', () => {
		const { write } = read(`start_time=${day1}&limit=2&bucket_width=1d&end_time=${day1 + 2 * daySeconds}`)
		const page = write(
			[
				sum({ day: '2026-11-01', operation: 'chat' }, 3),
				sum({ day: '2026-11-01', operation: 'complete' }, 1),
				sum({ day: '2026-11-01', operation: 'embed' }, 9),
			],
			nowMs,
		)
		expect(page).toEqual({
			object: 'page',
			data: [
				{
					object: 'bucket',
					start_time: day1,
					end_time: day1 + daySeconds,
					results: [
						{
							object: 'organization.usage.completions.result',
							input_tokens: 400,
							num_model_requests: 4,
							output_tokens: 200,
							input_cached_tokens: 40,
							input_uncached_tokens: 360,
							project_id: null,
							user_id: null,
							api_key_id: null,
							model: null,
							batch: null,
							service_tier: null,
						},
					],
				},
				{ object: 'bucket', start_time: day1 + daySeconds, end_time: day1 + 2 * daySeconds, results: [] },
			],
			has_more: false,
			next_page: null,
		})
	})

	test('groups by name; currencies are added up', () => {
		const { write } = read(`start_time=${day1}&group_by=model&group_by=project_id&limit=1`)
		const group = { day: '2026-11-01', operation: 'chat', tenant: 'clinic' }
		const [bucket] = write(
			[
				sum({ ...group, model: 'small' }, 1, { currency: 'EUR' }),
				sum({ ...group, model: 'large' }, 5),
				sum({ ...group, model: 'small' }, 2, { currency: 'USD' }),
			],
			nowMs,
		).data
		expect(
			bucket?.results.map(({ project_id, model, num_model_requests }) => [project_id, model, num_model_requests]),
		).toEqual([
			['clinic', 'large', 5],
			['clinic', 'small', 3],
		])
	})

	test('filtered tenants and owners, without naming them', () => {
		const { write } = read(`start_time=${day1}&project_ids=a&project_ids=b&user_ids=u&limit=1`)
		const group = { day: '2026-11-01', operation: 'chat' }
		const [bucket] = write(
			[
				sum({ ...group, tenant: 'a', owner: 'u' }, 1),
				sum({ ...group, tenant: 'b', owner: 'u' }, 2),
				sum({ ...group, tenant: 'b', owner: 'v' }, 4),
				sum({ ...group, tenant: 'c', owner: 'u' }, 8),
			],
			nowMs,
		).data
		expect(bucket?.results).toHaveLength(1)
		expect(bucket?.results[0]).toMatchObject({ num_model_requests: 3, project_id: null, user_id: null })
	})

	test('no usage counts as a batch', () => {
		const sums = [sum({ day: '2026-11-01', operation: 'chat' }, 1)]
		const results = (text: string) => read(`start_time=${day1}&limit=1&${text}`).write(sums, nowMs).data[0]?.results
		expect(results('batch=true')).toEqual([])
		expect(results('batch=false')).toHaveLength(1)
		expect(results('group_by=batch')?.[0]?.batch).toBe(false)
	})

	test('embeddings have no output', () => {
		const report = readUsageReport('embeddings', new URLSearchParams(`start_time=${day1}&limit=1`))
		const group = { day: '2026-11-01' }
		const sums = [sum({ ...group, operation: 'embed' }, 2), sum({ ...group, operation: 'chat' }, 1)]
		expect(report.write(sums, nowMs).data[0]?.results).toEqual([
			{
				object: 'organization.usage.embeddings.result',
				input_tokens: 200,
				num_model_requests: 2,
				project_id: null,
				user_id: null,
				api_key_id: null,
				model: null,
			},
		])
	})
})

test('pages are contiguous up to today, then end', () => {
	const starts: number[] = []
	let page: string | null = ''
	for (let pages = 0; page !== null; pages++) {
		expect(pages).toBeLessThan(7)
		const { query, write } = read(`start_time=${day1 + 5}${page === '' ? '' : `&page=${page}`}`)
		expect(query.fromMs).toBe((day1 + starts.length * daySeconds) * 1000)
		const written = write([], nowMs)
		starts.push(...written.data.map(({ start_time: start }) => start))
		page = written.next_page
		expect(written.has_more).toBe(page !== null)
	}
	expect(starts).toEqual(Array.from({ length: 41 }, (_, index) => day1 + index * daySeconds))
})

test('the official client requests and reads it', async () => {
	const requested: URL[] = []
	const client = new OpenAI({
		apiKey: 'none',
		adminAPIKey: 'dgm-admin',
		baseURL: 'http://127.0.0.1/v1',
		fetch: async (input) => {
			const url = new URL(input instanceof Request ? input.url : String(input))
			requested.push(url)
			const { write } = readUsageReport('completions', url.searchParams)
			return Response.json(write([sum({ day: '2026-11-01', operation: 'chat', model: 'small' }, 3)], nowMs))
		},
	})
	const page = await client.admin.organization.usage.completions({
		start_time: day1,
		bucket_width: '1d',
		group_by: ['model', 'user_id'],
		limit: 1,
	})
	expect(requested.map(({ pathname }) => pathname)).toEqual(['/v1/organization/usage/completions'])
	expect(page.has_more).toBe(true)
	expect(page.data[0]?.results[0]).toMatchObject({ model: 'small', input_tokens: 300, user_id: null })
})
