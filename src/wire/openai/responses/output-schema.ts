// The schemas of the items that a response or a conversation contains, for descriptions of the API. The writers do not
// use them: tests compare what the writers write with these schemas. Items of requests are in item-schema.ts.

import { z } from 'zod'

const status = z.enum(['in_progress', 'completed', 'incomplete'])
const id = z.string()
const call = { id, call_id: z.string(), status }
/** The fields of an item that another server wrote are returned with it. */
const given = z.looseObject({})

const alternative = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()) })
export const logprobsSchema = z.array(alternative.extend({ top_logprobs: z.array(alternative) }))

export const outputTextSchema = z.object({
	type: z.literal('output_text'),
	text: z.string(),
	annotations: z.array(given),
	logprobs: logprobsSchema,
})
export const outputRefusalSchema = z.object({ type: z.literal('refusal'), refusal: z.string() })
export const reasoningTextSchema = z.object({ type: z.literal('reasoning_text'), text: z.string() })
export const summaryTextSchema = z.object({ type: z.literal('summary_text'), text: z.string() })

const inputPart = z.union([
	z.object({ type: z.literal('input_text'), text: z.string() }),
	z.object({
		type: z.literal('input_image'),
		image_url: z.string().optional(),
		file_id: z.null(),
		detail: z.string(),
	}),
	z.object({ type: z.literal('input_audio'), input_audio: z.object({ data: z.string(), format: z.string() }) }),
	z.object({
		type: z.literal('input_file'),
		file_id: z.string().optional(),
		filename: z.string().optional(),
		file_data: z.string().optional(),
		file_url: z.string().optional(),
	}),
])

const answerMessage = z.object({
	id,
	type: z.literal('message'),
	role: z.literal('assistant'),
	content: z.array(z.union([outputTextSchema, outputRefusalSchema])),
	status,
})
const namespace = z.string().optional()

const callItems = [
	z.object({
		...call,
		type: z.literal('function_call'),
		name: z.string(),
		namespace,
		arguments: z.string().describe('JSON text.'),
	}),
	z.object({ ...call, type: z.literal('custom_tool_call'), name: z.string(), namespace, input: z.string() }),
	z.object({
		...call,
		type: z.literal('shell_call'),
		action: z.object({
			commands: z.array(z.string()),
			timeout_ms: z.number().nullable(),
			max_output_length: z.number().nullable(),
		}),
		environment: given,
	}),
	z.object({
		...call,
		type: z.literal('local_shell_call'),
		action: z.object({
			type: z.literal('exec'),
			command: z.array(z.string()),
			env: z.record(z.string(), z.string()),
			timeout_ms: z.number().optional(),
			user: z.string().optional(),
			working_directory: z.string().optional(),
		}),
	}),
	z.object({
		...call,
		type: z.literal('apply_patch_call'),
		operation: z.object({ type: z.string(), path: z.string(), diff: z.string().optional() }),
	}),
	z.object({
		...call,
		type: z.literal('computer_call'),
		action: given.optional(),
		actions: z.array(given).optional(),
		pending_safety_checks: z.array(given),
	}),
	z.object({ ...call, type: z.literal('tool_search_call'), arguments: given, execution: z.literal('client') }),
] as const

const reasoningItem = z.object({
	id,
	type: z.literal('reasoning'),
	summary: z.array(summaryTextSchema),
	content: z.array(reasoningTextSchema),
	encrypted_content: z.string().optional(),
	status,
})
const imageItem = z.object({
	id,
	type: z.literal('image_generation_call'),
	result: z.string().nullable().describe('The image as base64.'),
	output_format: z.string(),
	status,
})
const compactionItem = z.object({ id, type: z.literal('compaction'), encrypted_content: z.string() })

const answerItems = [answerMessage, ...callItems, reasoningItem, imageItem, compactionItem] as const

const output = z.union([z.string(), z.array(inputPart)])
const inputItems = [
	z.object({
		id,
		type: z.literal('message'),
		role: z.enum(['system', 'developer', 'user']),
		content: z.array(inputPart),
		status,
	}),
	...(['function_call_output', 'custom_tool_call_output'] as const).map((type) =>
		z.object({ id, type: z.literal(type), call_id: z.string(), output, status }),
	),
] as const

function typesOf(items: readonly z.ZodObject<{ readonly type: z.ZodLiteral }>[]): readonly unknown[] {
	return items.flatMap(({ shape }) => [...shape.type.values])
}

/** An item of a tool that another server or the client runs, as it was received. */
function otherItem(known: readonly unknown[]) {
	return z.looseObject({ id, type: z.string().meta({ not: { enum: [...new Set(known)] } }) })
}

/** An item of an answer. */
export const outputItemSchema = z.union([...answerItems, otherItem(typesOf(answerItems))])

/** An item of a conversation: of an answer, or of its input. */
export const storedItemSchema = z.union([
	...answerItems,
	...inputItems,
	otherItem([...typesOf(answerItems), ...typesOf(inputItems)]),
])
