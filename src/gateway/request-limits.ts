// The limits on requests that a handler enforces, from the section `limits` in the configuration.

import type { ConfigFile } from '../config/schema.ts'
import type { HandlerOptions } from '../server/handler-options.ts'

export function requestLimits({
	bodyBytes,
	bodyTimeoutMs,
	bodyTotalTimeoutMs,
	bodyMemoryBytes,
	jsonDepth,
	keepAliveMs,
	answerBytes,
	background,
	...bounds
}: ConfigFile['limits']): HandlerOptions['limits'] {
	return {
		maxBytes: bodyBytes,
		timeoutMs: bodyTimeoutMs,
		totalTimeoutMs: bodyTotalTimeoutMs,
		memoryBytes: bodyMemoryBytes,
		maxDepth: jsonDepth,
		keepAliveMs,
		answerBytes,
		background,
		bounds,
	}
}
