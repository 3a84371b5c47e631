// Reads token usage of this wire, which counts thinking separately from the response tokens.

import { isObject } from '../../chat/json.ts'
import type { Usage } from '../../chat/usage.ts'
import { countField } from '../json/fields.ts'
import { readRest } from './gemini-rest.ts'

/** Undefined if `usage` has no counts. */
export function readUsage(usage: unknown): Usage | undefined {
	if (!isObject(usage)) return undefined
	const prompt = countField(usage, 'promptTokenCount')
	if (prompt === undefined) return undefined
	const promptTokens = prompt + (countField(usage, 'toolUsePromptTokenCount') ?? 0)
	const reasoningTokens = countField(usage, 'thoughtsTokenCount') ?? 0
	const answered = countField(usage, 'candidatesTokenCount')
	const others = (countField(usage, 'totalTokenCount') ?? 0) - promptTokens - reasoningTokens
	return {
		promptTokens,
		completionTokens: (answered ?? Math.max(0, others)) + reasoningTokens,
		cachedTokens: Math.min(countField(usage, 'cachedContentTokenCount') ?? 0, promptTokens),
		reasoningTokens,
		rest: readRest(usage, knownFields),
		source: 'upstream',
	}
}

const knownFields: ReadonlySet<string> = new Set([
	'promptTokenCount',
	'toolUsePromptTokenCount',
	'thoughtsTokenCount',
	'candidatesTokenCount',
	'cachedContentTokenCount',
	'totalTokenCount',
])
