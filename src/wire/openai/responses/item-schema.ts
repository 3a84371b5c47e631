// Schemas of the items of OpenAI's Responses and Conversations, one for each supported type. Items left in a history by
// tools that another server ran are known by name only.

import { z } from 'zod'
import { arrayOf } from '../../json/bounded-array.ts'
import { jsonObject } from '../../json/json-object-schema.ts'
import type { ClientCallType, ClientOutputType } from './client-tools.ts'
import { responseFormat } from './request-schema.ts'

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
	input_audio: z.looseObject({ data: z.string(), format: z.string() }).nullish(),
	/** Codex sends audio as a data URL. */
	audio_url: z.string().nullish(),
})
/** The log-probabilities of an earlier answer say nothing to a model. */
export const outputText = z.looseObject({ text: z.string(), logprobs: z.unknown().optional() })
export const refusal = z.looseObject({ refusal: z.string() })

/** Parts have schemas of their own, by their types. */
const content = z.union([z.string(), arrayOf(z.unknown())])
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
	summary: arrayOf(z.looseObject({ text: z.string() })).nullish(),
	content: arrayOf(z.looseObject({ text: z.string() })).nullish(),
	encrypted_content: z.string().nullish(),
})
/** An image that a model made. */
export const imageItem = z.looseObject({ result: z.string().nullish(), output_format: z.string().nullish() })
export const compactionItem = z.looseObject({ encrypted_content: z.string() })
export const referenceItem = z.looseObject({ id: z.string().min(1) })

/** The values of `environment` and `caller` are known from the call, or belong to tools that OpenAI runs. */
const clientItem = { call_id: callId, environment: z.unknown().optional() }

/** The calls of tools that the client runs, by their types. */
export const clientCallItems = {
	shell_call: z.looseObject({
		...clientItem,
		action: z.looseObject({
			commands: arrayOf(z.string()),
			timeout_ms: z.number().nullish(),
			max_output_length: z.number().nullish(),
		}),
	}),
	local_shell_call: z.looseObject({
		...clientItem,
		action: z.looseObject({
			type: z.string().nullish(),
			command: arrayOf(z.string()),
			env: jsonObject.nullish(),
			timeout_ms: z.number().nullish(),
			user: z.string().nullish(),
			working_directory: z.string().nullish(),
		}),
	}),
	apply_patch_call: z.looseObject({
		...clientItem,
		operation: z.looseObject({ type: z.string(), path: z.string(), diff: z.string().nullish() }),
	}),
	computer_call: z.looseObject({
		...clientItem,
		action: z.looseObject({ type: z.string() }).nullish(),
		actions: arrayOf(z.looseObject({ type: z.string() })).nullish(),
		pending_safety_checks: arrayOf(z.unknown()).nullish(),
	}),
	tool_search_call: z.looseObject({ ...clientItem, arguments: z.unknown(), execution: z.literal('client').nullish() }),
} as const satisfies Readonly<Record<ClientCallType, z.ZodType>>

/** The results of these calls. */
export const clientOutputItems = {
	shell_call_output: z.looseObject({
		call_id: callId,
		output: z.union([
			z.string(),
			arrayOf(
				z.looseObject({
					stdout: z.string().nullish(),
					stderr: z.string().nullish(),
					outcome: z.looseObject({ type: z.string(), exit_code: z.number().nullish() }).nullish(),
				}),
			),
		]),
	}),
	local_shell_call_output: z.looseObject({ call_id: callId.nullish(), id: z.string().nullish(), output: z.string() }),
	apply_patch_call_output: z.looseObject({
		call_id: callId,
		status: z.enum(['completed', 'failed']),
		output: z.string().nullish(),
	}),
	computer_call_output: z.looseObject({
		call_id: callId,
		output: z.looseObject({ image_url: z.string().nullish(), file_id: z.string().nullish() }),
	}),
	tool_search_output: z.looseObject({ call_id: callId, tools: arrayOf(z.looseObject({ type: z.string() })) }),
} as const satisfies Readonly<Record<ClientOutputType, z.ZodType>>

/** Tools that a conversation gets in its course. */
export const additionalToolsItem = z.looseObject({ tools: arrayOf(z.looseObject({ type: z.string() })) })
/** Settings of a conversation from this item on. */
export const configurationItem = z.looseObject({
	reasoning: z.looseObject({ effort: z.string().nullish() }).nullish(),
	text: z.looseObject({ format: responseFormat.nullish() }).nullish(),
})

export type MessageItem = z.infer<typeof messageItem>
export type ItemContent = z.infer<typeof content>

/** Items of tools that OpenAI runs itself, or the client with an output of another server. */
export const hostedItems: ReadonlySet<string> = new Set([
	'code_interpreter_call',
	'file_search_call',
	'local_shell_call_output',
	'mcp_approval_request',
	'mcp_approval_response',
	'mcp_call',
	'mcp_list_tools',
	'program',
	'program_output',
	'tool_search_call',
	'tool_search_output',
	'web_search_call',
])
