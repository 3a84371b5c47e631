// OpenAI's usage reports of an organization, `GET /organization/usage/…`: reads the query into the ledger's, and writes
// its sums as buckets of a day. A project is a tenant, a user an owner. It is independent of the ledger's storage and
// of access control.

import { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import type { UsageGroup, UsageQuery, UsageSum } from '../../ledger/usage-query.ts'
import { arrayOf } from '../json/bounded-array.ts'
import { lastUnixTime, unixTimeSchema } from '../json/unix-time.ts'
import { schemaError } from './schema-error.ts'

export interface UsageReport {
	readonly query: UsageQuery
	/** The requested page. Its last bucket defaults to the day of `nowMs`, Unix time in milliseconds. */
	readonly write: (sums: readonly UsageSum[], nowMs: number) => UsagePage
}

/** The contents of `limit` buckets from the start of the page. */
export interface UsagePage {
	readonly object: 'page'
	readonly data: readonly UsageBucket[]
	readonly has_more: boolean
	/** The value of `page` for the next request, whose other parameters stay the same. */
	readonly next_page: string | null
}

export interface UsageBucket {
	readonly object: 'bucket'
	/** Unix time in seconds. */
	readonly start_time: number
	readonly end_time: number
	/** One for each group; empty if there was no usage. */
	readonly results: readonly UsageResult[]
}

export interface UsageResult {
	readonly object: string
	readonly input_tokens: number
	readonly num_model_requests: number
	readonly project_id: string | null
	readonly user_id: string | null
	readonly api_key_id: string | null
	readonly model: string | null
	/** For completions only, like all fields below. */
	readonly output_tokens?: number
	readonly input_cached_tokens?: number
	readonly input_uncached_tokens?: number
	readonly batch?: false | null
	readonly service_tier?: null
}

export type UsageKind = 'completions' | 'embeddings'

const operations: Readonly<Record<UsageKind, readonly string[]>> = {
	completions: ['chat', 'complete'],
	embeddings: ['embed'],
}

const [daySeconds, defaultBuckets, mostBuckets] = [86_400, 7, 31]
const texts = arrayOf(z.string().min(1)).max(1000)

/** The parameters of a report. */
export const usageReportQuery = z.object({
	start_time: unixTimeSchema,
	end_time: unixTimeSchema.optional(),
	bucket_width: z.enum(['1m', '1h', '1d']).optional(),
	group_by: arrayOf(z.enum(['project_id', 'user_id', 'api_key_id', 'model', 'batch', 'service_tier'])).optional(),
	project_ids: texts.optional(),
	user_ids: texts.optional(),
	api_key_ids: texts.optional(),
	models: texts.optional(),
	batch: z.enum(['true', 'false']).optional(),
	limit: z.int().min(1).max(mostBuckets).optional(),
	page: z.string().optional(),
})
type Fields = z.infer<typeof usageReportQuery>

const numbers: ReadonlySet<string> = new Set(['start_time', 'end_time', 'limit'])
const lists: ReadonlySet<string> = new Set(['group_by', 'project_ids', 'user_ids', 'api_key_ids', 'models'])

/**
 * Reads the parameters of one report. Lists come as `name=a&name=b` or with brackets, `name[]=a`. A day counts as a
 * whole, even if `start_time` or `end_time` lies within it.
 *
 * @throws ChatError `invalid-request`; `unsupported` for buckets shorter than a day.
 */
export function readUsageReport(kind: UsageKind, parameters: URLSearchParams): UsageReport {
	const body = readParameters(parameters)
	const parsed = usageReportQuery.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const fields = parsed.data
	if (fields.bucket_width !== undefined && fields.bucket_width !== '1d')
		throw new ChatError('unsupported', "Usage is stored by day: 'bucket_width' must be '1d'.", {
			param: 'bucket_width',
		})
	const from = firstDay(fields)
	const end = fields.end_time ?? Number.POSITIVE_INFINITY
	const until = Math.min(from + (fields.limit ?? defaultBuckets) * daySeconds, Math.ceil(end / daySeconds) * daySeconds)
	return {
		query: {
			fromMs: from * 1000,
			untilMs: until * 1000,
			groupBy: groupsOf(fields),
			keys: fields.api_key_ids,
			models: fields.models,
		},
		write: (sums, nowMs) => {
			const counted = sums.filter((sum) => isCounted(sum, kind, fields))
			const last = fields.end_time ?? Math.floor(nowMs / 1000) + 1
			const data: UsageBucket[] = []
			let at = from
			for (; at < Math.min(until, last); at += daySeconds) data.push(writeBucket(at, counted, kind, fields))
			const more = at < last
			return { object: 'page', data, has_more: more, next_page: more ? `page_${at}` : null }
		},
	}
}

function readParameters(parameters: URLSearchParams): Readonly<Record<string, unknown>> {
	const body: Record<string, unknown> = {}
	const listed = new Map<string, string[]>()
	for (const [sent, value] of parameters) {
		const name = sent.replace(/\[\d*\]$/, '')
		if (lists.has(name)) {
			const values = listed.get(name) ?? []
			values.push(value)
			listed.set(name, values)
		} else if (!Object.hasOwn(body, name))
			body[name] = numbers.has(name) && /^\d{1,15}$/.test(value) ? Number(value) : value
	}
	return { ...body, ...Object.fromEntries(listed) }
}

/** The first day of the page, in seconds. */
function firstDay({ start_time: start, page }: Fields): number {
	const first = start - (start % daySeconds)
	if (page === undefined) return first
	const at = Number(/^page_(\d{1,12})$/.exec(page)?.[1])
	if (!(at > first && at <= lastUnixTime && at % daySeconds === 0))
		throw new ChatError('invalid-request', "Invalid 'page': it is not the 'next_page' of this report.", {
			param: 'page',
			code: 'invalid_value',
		})
	return at
}

/** The dimensions by which the sums must be separated: those that group the results and those that filter them. */
function groupsOf({ group_by: groups = [], project_ids: projects, user_ids: users }: Fields): readonly UsageGroup[] {
	return [
		'day',
		'operation',
		...(groups.includes('project_id') || projects !== undefined ? (['tenant'] as const) : []),
		...(groups.includes('user_id') || users !== undefined ? (['owner'] as const) : []),
		...(groups.includes('api_key_id') ? (['key'] as const) : []),
		...(groups.includes('model') ? (['model'] as const) : []),
	]
}

function isCounted({ group }: UsageSum, kind: UsageKind, { project_ids, user_ids, batch }: Fields): boolean {
	const { operation = '', tenant = '', owner = '' } = group
	return (
		operations[kind].includes(operation) &&
		project_ids?.includes(tenant) !== false &&
		user_ids?.includes(owner) !== false &&
		// Batches are not supported.
		batch !== 'true'
	)
}

function writeBucket(start: number, sums: readonly UsageSum[], kind: UsageKind, fields: Fields): UsageBucket {
	const day = new Date(start * 1000).toISOString().slice(0, 10)
	const results = new Map<string, UsageResult>()
	for (const sum of sums) {
		if (sum.group.day !== day) continue
		const result = writeResult(sum, kind, fields.group_by ?? [])
		const name = JSON.stringify([result.project_id, result.user_id, result.api_key_id, result.model])
		const before = results.get(name)
		results.set(name, before === undefined ? result : added(before, result))
	}
	const sorted = [...results].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, result]) => result)
	return { object: 'bucket', start_time: start, end_time: start + daySeconds, results: sorted }
}

function writeResult(sum: UsageSum, kind: UsageKind, groups: NonNullable<Fields['group_by']>): UsageResult {
	const { tenant = null, owner = null, key = null, model = null } = sum.group
	const named = {
		project_id: groups.includes('project_id') ? tenant : null,
		user_id: groups.includes('user_id') ? owner : null,
		api_key_id: groups.includes('api_key_id') ? key : null,
		model: groups.includes('model') ? model : null,
	}
	const counts = { input_tokens: sum.promptTokens, num_model_requests: sum.requests }
	const object = `organization.usage.${kind}.result`
	if (kind === 'embeddings') return { object, ...counts, ...named }
	return {
		object,
		...counts,
		output_tokens: sum.completionTokens,
		input_cached_tokens: sum.cachedTokens,
		input_uncached_tokens: sum.promptTokens - sum.cachedTokens,
		...named,
		batch: groups.includes('batch') ? false : null,
		service_tier: null,
	}
}

/** Adds up sums that are separate in the ledger only: by operation, by currency, or by a filter of the results. */
function added(one: UsageResult, other: UsageResult): UsageResult {
	const both = {
		...one,
		input_tokens: one.input_tokens + other.input_tokens,
		num_model_requests: one.num_model_requests + other.num_model_requests,
	}
	if (one.output_tokens === undefined) return both
	return {
		...both,
		output_tokens: one.output_tokens + (other.output_tokens ?? 0),
		input_cached_tokens: (one.input_cached_tokens ?? 0) + (other.input_cached_tokens ?? 0),
		input_uncached_tokens: (one.input_uncached_tokens ?? 0) + (other.input_uncached_tokens ?? 0),
	}
}
