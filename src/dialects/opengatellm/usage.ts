// GET /me/usage and GET /usage: the caller's usage, by call, or by day if the query has a time range.

import { z } from 'zod'
import type { Outcome } from '../../ledger/ledger.ts'
import type { LedgerEntry } from '../../ledger/ledger-entry.ts'
import type { EntryOrder, UsageSum } from '../../ledger/usage-query.ts'
import type { Call, Route } from '../dialect.ts'
import type { OtherOperation, RecordsPage } from '../local-operation.ts'
import { direction, readQuery, seconds, wholeNumber } from './page-query.ts'
import { unknownImpacts, writeCarbon } from './priced-usage.ts'

/** The operation of each endpoint. Endpoints that this server lacks have no usage. */
const operations = {
	'/v1/chat/completions': 'chat',
	'/v1/completions': 'complete',
	'/v1/embeddings': 'embed',
	'/v1/rerank': 'rerank',
	'/v1/audio/transcriptions': 'transcribe',
	'/v1/ocr': 'ocr',
	'/v1/search': 'search',
} as const
type Endpoint = keyof typeof operations

const endpoint = z.enum(Object.keys(operations) as [Endpoint, ...Endpoint[]]).optional()

const statuses: Readonly<Record<Outcome, number>> = { completed: 200, cancelled: 499, failed: 500, interrupted: 500 }

const daySeconds = 86_400
/** Default time range, in days. */
const defaultDays = 30
const page = { offset: wholeNumber(0, 1_000_000_000).default(0), limit: wholeNumber(1, 100).default(10) }

export const entriesQuery = z.object({
	...page,
	start_time: seconds.optional(),
	end_time: seconds.optional(),
	endpoint,
})

export const myUsage: Route = {
	method: 'GET',
	path: '/me/usage',
	read({ query }): OtherOperation<'usage.records'> {
		const { offset, limit, start_time: start, end_time: end, endpoint: where } = readQuery(query(), entriesQuery)
		return {
			type: 'usage.records',
			query: {
				...readRange(start, end),
				operation: where === undefined ? undefined : operations[where],
				offset,
				limit,
			},
			write: (found) => ({
				object: 'list',
				total: found.sum.entries,
				offset,
				limit,
				data: found.entries.map((entry) => writeMine(entry, found)),
			}),
		}
	},
}

export const usage: Route = {
	method: 'GET',
	path: '/usage',
	read({ query }): Call {
		const parameters = query()
		return parameters.has('start_time') || parameters.has('end_time') ? readDays(parameters) : readPages(parameters)
	},
}

/** Seconds since 1970. The range includes the whole second `end`. */
function readRange(start: number | undefined, end: number | undefined) {
	return {
		fromMs: start === undefined ? undefined : start * 1000,
		defaultRangeMs: defaultDays * daySeconds * 1000,
		untilMs: end === undefined ? undefined : (end + 1) * 1000,
	}
}

function writeMine(entry: LedgerEntry, { keyNames }: RecordsPage) {
	return {
		object: 'me.usage',
		model: entry.model,
		key: keyNames.get(entry.key) ?? entry.key,
		endpoint: endpointOf(entry),
		method: 'POST',
		status: statuses[entry.outcome],
		usage: {
			...writeTokens(entry),
			cost: entry.costMicros / 1_000_000,
			impacts: unknownImpacts,
			carbon: writeCarbon(unknownImpacts),
			metrics: { latency: latencyOf(entry), ttft: null },
		},
		created: Math.floor(entry.settledAtMs / 1000),
	}
}

const orders: Readonly<Record<'datetime' | 'cost' | 'total_tokens', EntryOrder['by']>> = {
	datetime: 'settled',
	cost: 'cost',
	total_tokens: 'tokens',
}

export const pagesQuery = z.object({
	limit: wholeNumber(1, 100).default(50),
	page: wholeNumber(1, 10_000_000).default(1),
	sort_by: z.enum(['datetime', 'cost', 'total_tokens']).default('datetime'),
	sort_order: direction.default('desc'),
	date_from: seconds.optional(),
	date_to: seconds.optional(),
})

/** The form of version 0.2. */
function readPages(parameters: URLSearchParams): OtherOperation<'usage.records'> {
	const {
		limit,
		page: number,
		sort_by: by,
		sort_order,
		date_from: from,
		date_to: to,
	} = readQuery(parameters, pagesQuery)
	return {
		type: 'usage.records',
		query: {
			...readRange(from, to),
			order: { by: orders[by], direction: sort_order },
			offset: (number - 1) * limit,
			limit,
		},
		write: (found) => {
			const { entries, promptTokens, completionTokens, costMicros } = found.sum
			return {
				object: 'list',
				data: found.entries.map((entry) => writeLogged(entry, found)),
				total: entries,
				total_requests: entries,
				total_albert_coins: costMicros / 1_000_000,
				total_tokens: promptTokens + completionTokens,
				// Grams.
				total_co2: 0,
				page: number,
				limit,
				total_pages: Math.ceil(entries / limit),
				has_more: number * limit < entries,
			}
		},
	}
}

function writeLogged(entry: LedgerEntry, { owner }: RecordsPage) {
	const { id, key, model, openedAtMs, costMicros, outcome } = entry
	return {
		id,
		datetime: Math.floor(openedAtMs / 1000),
		duration: latencyOf(entry),
		time_to_first_token: null,
		user_id: owner,
		token_id: key,
		endpoint: endpointOf(entry),
		method: 'POST',
		model,
		request_model: model,
		...writeTokens(entry),
		cost: costMicros / 1_000_000,
		status: statuses[outcome],
		kwh_min: unknownImpacts.kWh,
		kwh_max: unknownImpacts.kWh,
		kgco2eq_min: unknownImpacts.kgCO2eq,
		kgco2eq_max: unknownImpacts.kgCO2eq,
	}
}

export const daysQuery = z.object({
	...page,
	start_time: seconds,
	end_time: seconds,
	endpoint,
	key_id: z.string().optional(),
})

/** By day, the form of later versions. */
function readDays(parameters: URLSearchParams): OtherOperation<'usage.sum'> {
	const {
		offset,
		limit,
		start_time: start,
		end_time: end,
		endpoint: where,
		key_id: key,
	} = readQuery(parameters, daysQuery)
	const models = [...parameters.getAll('models'), ...parameters.getAll('models[]')]
	return {
		type: 'usage.sum',
		own: true,
		query: {
			fromMs: (start - (start % daySeconds)) * 1000,
			untilMs: Math.ceil(end / daySeconds) * daySeconds * 1000,
			groupBy: ['day', 'operation'],
			keys: key === undefined ? undefined : [key],
			models: models.length === 0 ? undefined : models,
		},
		write(sums) {
			const matching = sums.filter(({ group }) => where === undefined || group.operation === operations[where])
			const days = Map.groupBy(matching, ({ group }) => group.day ?? '')
			const buckets = [...days].sort(([one], [other]) => (one < other ? -1 : 1)).map(([day, of]) => writeDay(day, of))
			return { object: 'list', total: buckets.length, offset, limit, data: buckets.slice(offset, offset + limit) }
		},
	}
}

function writeDay(day: string, sums: readonly UsageSum[]) {
	const start = Date.parse(`${day}T00:00:00Z`) / 1000
	const add = (count: (sum: UsageSum) => number) => sums.reduce((total, sum) => total + count(sum), 0)
	return {
		object: 'usage.bucket',
		start_time: start,
		end_time: start + daySeconds,
		...writeTokens({
			promptTokens: add(({ promptTokens }) => promptTokens),
			completionTokens: add(({ completionTokens }) => completionTokens),
		}),
		cost: add(({ costMicros }) => costMicros) / 1_000_000,
		impacts: unknownImpacts,
	}
}

function writeTokens({ promptTokens, completionTokens }: Pick<LedgerEntry, 'promptTokens' | 'completionTokens'>) {
	return {
		prompt_tokens: promptTokens,
		completion_tokens: completionTokens,
		total_tokens: promptTokens + completionTokens,
	}
}

/** OpenGateLLM's endpoint for the operation. */
function endpointOf({ operation }: LedgerEntry): string {
	return Object.entries(operations).find(([, name]) => name === operation)?.[0] ?? ''
}

/** In milliseconds. */
function latencyOf({ openedAtMs, settledAtMs }: LedgerEntry): number {
	return Math.max(0, Math.round(settledAtMs - openedAtMs))
}
