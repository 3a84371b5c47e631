// Schemas of Scale's chat, versions 1 to 4. In optional fields, null is equivalent to absence, except in
// `instructions`, in which null means none. Unknown fields are retained, so that they can be reported as dropped.

import { z } from 'zod'
import { arrayOf } from '../../wire/json/bounded-array.ts'
import { uncopied } from '../../wire/json/json-object-schema.ts'
import { presetting } from '../../wire/json/schema-metadata.ts'

const textPart = z.looseObject({ type: z.literal('text'), text: z.string() })
const detail = z.enum(['low', 'high', 'auto']).nullish()
const imageUrlPart = z.looseObject({
	type: z.literal('image_url'),
	image_url: z.looseObject({ url: z.string().min(1), detail }),
})
const imageDataPart = z.looseObject({
	type: z.literal('image_data'),
	image_data: z.looseObject({
		data: z.string().min(1),
		media_type: z.string().regex(/^image\/[\w.+-]+$/, 'Input should be a media type of an image'),
		type: z.literal('base64').nullish(),
		detail,
	}),
})

const toolRequest = z.looseObject({ name: z.string().min(1), arguments: z.string() })

const userMessage = presetting(
	z.looseObject({
		role: z.literal('user'),
		content: z.union([
			z.string(),
			arrayOf(z.discriminatedUnion('type', [textPart, imageUrlPart, imageDataPart])).min(1),
		]),
	}),
	['role'],
)
const assistantMessage = z.looseObject({ role: z.literal('assistant'), content: z.string() })
const systemMessage = z.looseObject({ role: z.literal('system'), content: z.string() })
const agentMessage = z.looseObject({
	role: z.literal('agent'),
	content: z.string().nullish(),
	tool_request: toolRequest.nullish(),
})
const toolMessage = z.looseObject({ role: z.literal('tool'), name: z.string().min(1), content: z.string() })

/** The default role of a message is `user`. */
const message = z.preprocess(
	(sent) => (typeof sent === 'object' && sent !== null && !('role' in sent) ? { role: 'user', ...sent } : sent),
	z.discriminatedUnion('role', [userMessage, assistantMessage, systemMessage, agentMessage, toolMessage]),
)

export const modelParameters = z.looseObject({
	temperature: z.number().min(0).max(1).nullish(),
	stop_sequences: arrayOf(z.string()).max(4).nullish(),
	max_tokens: z.int().min(1).nullish(),
	topP: z.number().min(0).max(1).nullish(),
	top_p: z.number().min(0).max(1).nullish(),
	topK: z.int().min(0).nullish(),
	top_k: z.int().min(0).nullish(),
	frequency_penalty: z.number().nullish(),
	presence_penalty: z.number().nullish(),
	reasoning_effort: z.enum(['low', 'medium', 'high']).nullish(),
})

const memoryStrategy = z.looseObject({
	name: z.literal('last_k').nullish(),
	params: z.looseObject({ k: z.int().min(1) }),
})

const turnFields = {
	model: z.string().min(1),
	messages: arrayOf(message).min(1),
	instructions: z.string().nullish(),
	memory_strategy: memoryStrategy.nullish(),
	model_parameters: modelParameters.nullish(),
}

export const chatSchema = z.looseObject({
	...turnFields,
	chat_template: z.string().nullish(),
	stream: z.boolean().nullish(),
	account_id: z.string().nullish(),
})

const argument = z.looseObject({ type: z.string().min(1), description: z.string().nullish() })

const agentTool = z.looseObject({
	name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'Input should be 1 to 64 letters, digits, dashes and underscores'),
	description: z.string(),
	arguments: z.looseObject({
		type: z.literal('object'),
		properties: uncopied(z.record(z.string(), argument)).nullish(),
	}),
})

export const agentSchema = z.looseObject({ ...turnFields, tools: arrayOf(agentTool).min(1) })

const promptImage = z.looseObject({ image_url: z.string().min(1), detail: z.string().nullish() })

export const completionSchema = z.looseObject({
	model: z.string().min(1),
	prompt: z.string(),
	images: arrayOf(promptImage).nullish(),
	model_parameters: modelParameters.nullish(),
	stream: z.boolean().nullish(),
	account_id: z.string().nullish(),
})

export type SentMessage = z.infer<typeof message>
export type SentParameters = z.infer<typeof modelParameters>
export type SentImage = z.infer<typeof promptImage>
export type SentAgentTool = z.infer<typeof agentTool>
export type SentTurn = Pick<
	z.infer<typeof chatSchema>,
	'model' | 'messages' | 'instructions' | 'memory_strategy' | 'model_parameters'
>
