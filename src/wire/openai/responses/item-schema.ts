// Schemas of the items of OpenAI's Responses and Conversations, one for each supported type. Items left in a history by
// tools that another server ran are known by name only.

import { z } from 'zod'

export const inputText = z.looseObject({ type: z.enum(['input_text', 'text']), text: z.string() })
export const inputImage = z.looseObject({
	type: z.literal('input_image'),
	image_url: z.string().nullish(),
	file_id: z.string().nullish(),
	detail: z.enum(['auto', 'low', 'high', 'original']).nullish(),
})
export const inputFile = z.looseObject({
	type: z.literal('input_file'),
	file_id: z.string().nullish(),
	filename: z.string().nullish(),
	file_data: z.string().nullish(),
	file_url: z.string().nullish(),
})
export const inputAudio = z.looseObject({
	type: z.literal('input_audio'),
	input_audio: z.looseObject({ data: z.string(), format: z.string() }),
})
/** The log-probabilities of an earlier answer say nothing to a model. */
export const outputText = z.looseObject({ text: z.string(), logprobs: z.unknown().optional() })
export const refusal = z.looseObject({ refusal: z.string() })

/** Parts have schemas of their own, by their types. */
const content = z.union([z.string(), z.array(z.unknown())])
export const anyPart = z.looseObject({ type: z.string() })

export const messageItem = z.looseObject({ role: z.enum(['system', 'developer', 'user', 'assistant']), content })

const callId = z.string().min(1).max(64)
const name = z.string().min(1)
const namespace = z.string().nullish()

export const functionCallItem = z.looseObject({ call_id: callId, name, namespace, arguments: z.string() })
export const customCallItem = z.looseObject({ call_id: callId, name, namespace, input: z.string() })
/** The result of a call of either kind. */
export const outputItem = z.looseObject({
	call_id: callId,
	output: content,
})
export const reasoningItem = z.looseObject({
	summary: z.array(z.looseObject({ text: z.string() })).nullish(),
	content: z.array(z.looseObject({ text: z.string() })).nullish(),
	encrypted_content: z.string().nullish(),
})
/** An image that a model made. */
export const imageItem = z.looseObject({ result: z.string().nullish(), output_format: z.string().nullish() })
export const compactionItem = z.looseObject({ encrypted_content: z.string() })
export const referenceItem = z.looseObject({ id: z.string().min(1) })

export type MessageItem = z.infer<typeof messageItem>
export type ItemContent = z.infer<typeof content>

/** Items of tools that OpenAI runs itself. */
export const hostedItems: ReadonlySet<string> = new Set([
	'additional_tools',
	'apply_patch_call',
	'apply_patch_call_output',
	'code_interpreter_call',
	'compaction_trigger',
	'computer_call',
	'computer_call_output',
	'file_search_call',
	'local_shell_call',
	'local_shell_call_output',
	'mcp_approval_request',
	'mcp_approval_response',
	'mcp_call',
	'mcp_list_tools',
	'program',
	'program_output',
	'shell_call',
	'shell_call_output',
	'tool_search_call',
	'tool_search_output',
	'web_search_call',
])
