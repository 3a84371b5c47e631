// Reads the usage that the events of a response report. Counts are cumulative, so the latest values replace earlier
// ones. A 0 does not: servers send it for counts that they leave out.

import type { Json, JsonObject } from '../../chat/json.ts'
import { restOf } from '../../chat/rest.ts'
import type { Usage } from '../../chat/usage.ts'
import { countField, field } from '../json/fields.ts'
import { readRest } from './block-rest.ts'
import { messagesWire } from './formats.ts'

export class UsageReader {
	private input = 0
	private output = 0
	private cacheRead = 0
	private cacheWrite: number | undefined
	private cacheWrite1h: number | undefined
	private thinking = 0
	private others: JsonObject = {}

	/** @param usage of one event; no-op if it has none. */
	read(usage: unknown): void {
		const creation = field(usage, 'cache_creation')
		const [write5m, write1h] = [
			countField(creation, 'ephemeral_5m_input_tokens'),
			countField(creation, 'ephemeral_1h_input_tokens'),
		]
		const sum = write5m === undefined && write1h === undefined ? undefined : (write5m ?? 0) + (write1h ?? 0)
		this.input = countField(usage, 'input_tokens') || this.input
		this.output = countField(usage, 'output_tokens') || this.output
		this.cacheRead = countField(usage, 'cache_read_input_tokens') || this.cacheRead
		this.cacheWrite = later(this.cacheWrite, countField(usage, 'cache_creation_input_tokens') ?? sum)
		this.cacheWrite1h = later(this.cacheWrite1h, write1h ?? (write5m === undefined ? undefined : 0))
		this.thinking = countField(field(usage, 'output_tokens_details'), 'thinking_tokens') || this.thinking
		this.others = { ...this.others, ...readOthers(usage) }
	}

	usage(): Usage {
		const { input, output, cacheRead, cacheWrite, cacheWrite1h, thinking, others } = this
		const promptTokens = input + cacheRead + (cacheWrite ?? 0)
		return {
			promptTokens,
			completionTokens: output,
			cachedTokens: cacheRead,
			cacheWriteTokens: cacheWrite,
			cacheWrite1hTokens: cacheWrite1h === undefined ? undefined : Math.min(cacheWrite1h, cacheWrite ?? 0),
			reasoningTokens: Math.min(thinking, output),
			rest: restOf(messagesWire, others),
			source: promptTokens + output === 0 ? 'counted' : 'upstream',
		}
	}
}

function later(earlier: number | undefined, count: number | undefined): number | undefined {
	return count === undefined ? earlier : count || (earlier ?? 0)
}

/** The fields other than counts. An object of counts is one of them if it has more than the known counts. */
function readOthers(usage: unknown): JsonObject {
	const others: Record<string, Json | undefined> = { ...readRest(usage, countFields)?.fields }
	for (const [name, known] of Object.entries(nestedCounts))
		if (readRest(others[name], known) === undefined) delete others[name]
	return others
}

const countFields: ReadonlySet<string> = new Set([
	...['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'],
])
const nestedCounts: Readonly<Record<string, ReadonlySet<string>>> = {
	cache_creation: new Set(['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens']),
	output_tokens_details: new Set(['thinking_tokens']),
}
