// W3C Trace Context: the trace of a request, from its headers. Source: https://www.w3.org/TR/trace-context/ (level 1).

import type { RequestHeaders } from '../http/request-headers.ts'

export interface TraceContext {
	/** 32 hexadecimal digits, not all 0. */
	readonly traceId: string
	/** 16 hexadecimal digits, not all 0: the caller's span. */
	readonly spanId: string
	readonly sampled: boolean
	/** `tracestate`, unmodified, if it is well-formed. */
	readonly state?: string
}

const form = /^(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/
const longestState = 512

/** @returns undefined if the trace context is absent or malformed. */
export function readTraceContext(headers: RequestHeaders): TraceContext | undefined {
	const [, traceId, spanId, flags] = form.exec(headers.get('traceparent')?.trim() ?? '') ?? []
	if (traceId === undefined || spanId === undefined) return undefined
	const state = headers.get('tracestate')
	return {
		traceId,
		spanId,
		sampled: (Number.parseInt(flags ?? '0', 16) & 1) === 1,
		state: state !== null && state.length <= longestState && /^[\x20-\x7e]+$/.test(state) ? state : undefined,
	}
}

export function writeTraceContext({ traceId, spanId, sampled, state }: TraceContext): Readonly<Record<string, string>> {
	const traceparent = `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
	return state === undefined ? { traceparent } : { traceparent, tracestate: state }
}

/** The headers that forward the caller's trace context to an upstream without adding a span. */
export function forwardedHeaders(headers: RequestHeaders): Readonly<Record<string, string>> {
	const context = readTraceContext(headers)
	return context === undefined ? nothing : writeTraceContext(context)
}

const nothing: Readonly<Record<string, string>> = {}
