// The variables of a chat template that a request sets: the switches for reasoning, and those of the client, as in
// vLLM's API. It does not know messages.

import { isObject } from '../../chat/json.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { Drop } from '../../chat/request-fates.ts'
import type { PromptText } from './prompt-text.ts'
import type { ChatTemplate } from './template.ts'

/** Those of the client take precedence. */
export function templateVariables(
	request: ChatRequest,
	promptText: Pick<PromptText, 'guard' | 'guardAll'>,
): Readonly<Record<string, unknown>> {
	const effort = request.reasoningEffort
	const variables: Record<string, unknown> = {}
	if (effort !== undefined) {
		variables.enable_thinking = !disablesThinking(request)
		variables.reasoning_effort = promptText.guard(effort)
	} else if (disablesThinking(request)) variables.enable_thinking = false
	const own = request.passthrough.chat_template_kwargs
	return isObject(own) ? { ...variables, ...Object(promptText.guardAll(own)) } : variables
}

/** Reports the variables that the template does not have. */
export function reportUnusedVariables(
	request: ChatRequest,
	template: Pick<ChatTemplate, 'mentions' | 'thinks'>,
	drop: Drop,
): void {
	const hasSwitch = template.mentions('enable_thinking') || template.mentions('reasoning_effort')
	const changesNothing = disablesThinking(request) && !template.thinks
	if (!hasSwitch && !changesNothing) {
		if (request.reasoningEffort !== undefined) drop('reasoning_effort')
		if (request.reasoningTokens === 0) drop('reasoning_tokens')
	}
	const own = request.passthrough.chat_template_kwargs
	if (own === undefined || own === null) return
	if (!isObject(own)) drop('chat_template_kwargs')
	else for (const name of Object.keys(own)) if (!template.mentions(name)) drop(`chat_template_kwargs.${name}`)
}

function disablesThinking({ reasoningEffort, reasoningTokens }: ChatRequest): boolean {
	return reasoningEffort === 'none' || reasoningTokens === 0
}
