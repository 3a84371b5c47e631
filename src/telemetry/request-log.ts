// The log line of a request. It never contains secrets, and contains prompts and completions only if the operator has
// enabled them.

import { summarize } from '../chat/quoting-error.ts'
import type { RootLog } from '../system/log.ts'
import type { ObservedRequest } from './observed-request.ts'

/** Writes the line, at level `warn` if the request failed because of the server or an upstream. */
export function logRequest(log: RootLog, request: ObservedRequest, durationMs: number): void {
	const { context, error, usage, attempts } = request
	const line = {
		request: context.id,
		proxyRequest: context.client?.requestId,
		client: request.client,
		method: context.method,
		route: request.route,
		status: request.status,
		durationMs: round(durationMs),
		firstTokenMs: request.firstOutputMs === undefined ? undefined : round(request.firstOutputMs - context.receivedAtMs),
		key: request.key?.name,
		keyId: request.key?.id,
		model: request.model,
		upstream: request.upstream,
		stream: request.stream,
		promptTokens: usage?.promptTokens,
		completionTokens: usage?.completionTokens,
		cachedTokens: usage?.cachedTokens,
		reasoningTokens: usage?.reasoningTokens,
		finishReason: request.finishReason,
		dropped: request.dropped?.join(', ').slice(0, longestDropped),
		labels: request.labels,
		attempts: attempts.length > 1 ? attempts : undefined,
		error: error?.kind,
		cause: error === undefined ? undefined : describeCause(error.cause, log.isLevelEnabled('debug')),
		left: request.disconnected ? true : undefined,
		prompt: request.prompt,
		answer: request.answer,
	}
	log.writePlainly(error !== undefined && (request.status ?? 0) >= 500 ? 'warn' : 'info', line, 'request')
}

/** Names of fields come from clients. In characters. */
const longestDropped = 1000

/**
 * The cause of a failure, up to 500 characters.
 *
 * @param quotes whether it may quote the request or the response of an upstream.
 */
function describeCause(cause: unknown, quotes: boolean): string | undefined {
	if (!(cause instanceof Error)) return undefined
	const describe = (error: Error) => (quotes ? error.message : summarize(error))
	const inner = cause.cause instanceof Error ? `: ${describe(cause.cause)}` : ''
	return `${describe(cause)}${inner}`.slice(0, 500)
}

function round(ms: number): number {
	return Math.round(ms * 10) / 10
}
