// Checks the usage that an upstream reports before it is billed, sent or summed. Usage that cannot be right is replaced by
// an estimate, which the pipeline replaces by its own count. It does not know how tokens are counted.

import { countedUsage, type Usage, usageFault } from '../chat/usage.ts'
import type { ModelCall } from '../dialects/call.ts'
import type { Serving } from './serving.ts'

export interface ReportContext {
	readonly call: ModelCall
	/** Name of the upstream. */
	readonly upstream: string
	/** Characters of the answer as JSON; few for operations that do not generate. */
	readonly shownCharacters: () => number
	/** Number of deltas, which estimates the completion. */
	readonly outputs: number
}

/** @returns `usage`, or an estimate if it cannot be right. Each upstream is logged once per minute. */
export function checkUsage(
	usage: Usage,
	context: ReportContext,
	{ throttledLog }: Pick<Serving, 'throttledLog'>,
): Usage {
	if (usage.source === 'counted') return usage
	const fault = usageFault(usage) ?? faultOfCall(usage, context)
	if (fault === undefined) return usage
	const { upstream, outputs } = context
	throttledLog.write(
		'warn',
		{ upstream, fault },
		`the upstream ${upstream} reported usage that cannot be right; the tokens were counted instead`,
	)
	return countedUsage(outputs)
}

/**
 * Servers count differently, and some exceed a limit. An answer that has many times the tokens of its limit would have to
 * show them.
 */
const [mostOverLimit, alwaysPlausible] = [4, 1000]
/** Without a limit: more tokens than any model generates for one choice. */
const mostPerChoice = 2_000_000

function faultOfCall(
	{ promptTokens, completionTokens, reasoningTokens }: Usage,
	context: ReportContext,
): string | undefined {
	const { call, shownCharacters } = context
	if (call.type !== 'chat') return undefined
	if (promptTokens === 0) return 'promptTokens is 0'
	const { maxTokens, choices: count } = call.request
	const perChoice =
		maxTokens === undefined ? mostPerChoice : Math.min(maxTokens * mostOverLimit + alwaysPlausible, mostPerChoice)
	// Some models reason beyond the limit.
	const visible = completionTokens - reasoningTokens
	if (visible <= perChoice * count) return undefined
	const shown = shownCharacters()
	if (visible <= perChoice * count + shown) return undefined
	return `completionTokens is ${completionTokens} for an answer of ${shown} characters`
}
