// The log line of a request. It never contains secrets, and contains prompts and completions only if the operator has enabled them.

import type { PlainWriter } from '../system/log.ts'
import type { ObservedRequest } from './observed-request.ts'

/** Writes the line, at level `warn` if the request failed because of the server or an upstream. */
export function logRequest(log: PlainWriter, record: ObservedRequest, durationMs: number): void {
	const { arrival, error, usage, attempts } = record
	const line = {
		request: arrival.id,
		proxyRequest: arrival.client?.requestId,
		client: record.client,
		method: arrival.method,
		route: record.route,
		status: record.status,
		durationMs: round(durationMs),
		firstTokenMs: record.firstPieceMs === undefined ? undefined : round(record.firstPieceMs - arrival.receivedAtMs),
		key: record.key?.name,
		keyId: record.key?.id,
		model: record.model,
		upstream: record.upstream,
		stream: record.stream,
		promptTokens: usage?.promptTokens,
		completionTokens: usage?.completionTokens,
		cachedTokens: usage?.cachedTokens,
		reasoningTokens: usage?.reasoningTokens,
		finishReason: record.finishReason,
		labels: record.labels,
		attempts: attempts.length > 1 ? attempts : undefined,
		error: error?.kind,
		cause: error === undefined ? undefined : describeCause(error.cause),
		left: record.left === true ? true : undefined,
		prompt: record.prompt,
		answer: record.answer,
	}
	log.writePlainly(error !== undefined && (record.status ?? 0) >= 500 ? 'warn' : 'info', line, 'request')
}

/** The cause of a failure, up to 500 characters. */
function describeCause(cause: unknown): string | undefined {
	if (!(cause instanceof Error)) return undefined
	const inner = cause.cause instanceof Error ? `: ${cause.cause.message}` : ''
	return `${cause.message}${inner}`.slice(0, 500)
}

function round(ms: number): number {
	return Math.round(ms * 10) / 10
}
