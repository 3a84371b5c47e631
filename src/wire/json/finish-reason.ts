// What the finish reasons of upstreams mean: one table for all wires, because servers of one wire report the reasons of
// another, in any case. It also has the rule for choices with tool calls. It does not know the wires' fields.

import { ChatError } from '../../chat/error.ts'
import type { FinishReason } from '../../chat/event.ts'
import { QuotingError } from '../../chat/quoting-error.ts'

/** A finish reason as an upstream reports it. `paused`: the upstream continues the turn only in another request. */
export type ReportedFinish = FinishReason | 'paused'

/**
 * The text of a finish reason. Undefined for anything else, and for the text `null`, which some servers send until the
 * end.
 */
export function asFinishReason(value: unknown): string | undefined {
	return typeof value === 'string' && value !== '' && !noReason.has(value) ? value : undefined
}

const noReason: ReadonlySet<string> = new Set(['null', 'None'])

/**
 * What a reason means. One that is not listed is read as `length`: the answer may be incomplete, but is not lost.
 *
 * @param title names the upstream in errors.
 * @throws ChatError `upstream-failed` if the reason reports that the upstream failed or broke off.
 */
export function readFinishReason(reason: string, title: string): ReportedFinish {
	const meaning = meanings.get(reason.toLowerCase().replaceAll(/[- ]/g, '_')) ?? 'length'
	if (meaning !== 'failed' && meaning !== 'invalid-call') return meaning
	const message =
		meaning === 'failed' ? `${title} failed while generating its answer.` : 'The model made an invalid tool call.'
	throw new ChatError('upstream-failed', message, { sent: 'yes', cause: new QuotingError('finish reason', reason) })
}

/**
 * The finish reason of a choice with that many tool calls: a choice with calls that ended in order, or paused, ends
 * with `tool-calls`.
 *
 * @param namedTool the request named the tool to call. OpenAI's API then reports `stop`.
 */
export function finishReasonWith(calls: number, reason: ReportedFinish, namedTool: boolean): FinishReason {
	if (calls === 0) return reason === 'tool-calls' ? 'stop' : reason === 'paused' ? 'length' : reason
	if (reason === 'paused') return 'tool-calls'
	return reason === 'stop' && !namedTool ? 'tool-calls' : reason
}

type FinishMeaning = ReportedFinish | 'failed' | 'invalid-call'

/** In lower case, with underscores. */
const reasons: Readonly<Record<FinishMeaning, readonly string[]>> = {
	stop: [
		...['stop', 'stop_sequence', 'end_turn', 'eos', 'eos_token', 'eod', 'end', 'stop_token', 'stop_word', 'eot'],
		...['complete', 'completed', 'done', 'finished', 'normal', 'success'],
	],
	length: [
		...['length', 'max_tokens', 'max_output_tokens', 'max_completion_tokens', 'max_new_tokens', 'max_length'],
		...['model_length', 'context_length', 'context_length_exceeded', 'model_context_window_exceeded', 'token_limit'],
		// Gemini: the response reached the output limit of one request.
		'continuation',
		'incomplete',
	],
	'tool-calls': ['tool_calls', 'tool_call', 'tool_use', 'function_call', 'function_calls'],
	'content-filter': [
		...['content_filter', 'content_filtered', 'content_filter_error', 'refusal', 'safety', 'guardrail_intervened'],
		// Zhipu.
		'sensitive',
		// Gemini.
		...['recitation', 'language', 'blocklist', 'prohibited_content', 'spii', 'model_armor'],
		...['image_safety', 'image_prohibited_content', 'image_recitation'],
	],
	paused: ['pause_turn'],
	failed: [
		...['error', 'failed', 'failure', 'internal_error', 'server_error', 'network_error', 'connection_error'],
		...['abort', 'aborted', 'cancel', 'cancelled', 'canceled', 'interrupted', 'timeout', 'timed_out'],
		// DeepSeek.
		...['insufficient_system_resource', 'insufficient_system_resources', 'overloaded'],
		// Gemini.
		...['malformed_response', 'missing_thought_signature', 'no_image'],
	],
	'invalid-call': [
		...['malformed_function_call', 'unexpected_tool_call', 'too_many_tool_calls'],
		...['malformed_tool_use', 'malformed_tool_call', 'malformed_model_output'],
	],
}

const meanings: ReadonlyMap<string, FinishMeaning> = new Map(
	(Object.keys(reasons) as FinishMeaning[]).flatMap((meaning) =>
		reasons[meaning].map((reason) => [reason, meaning] as const),
	),
)
