// The whole body of a Responses request, for descriptions of the API and for tests. The reader uses the schemas of items,
// parts and tools one by one instead, because their errors name the type.

import { z } from 'zod'
import { arrayOf } from '../../json/bounded-array.ts'
import {
	additionalToolsItem,
	clientCallItems,
	clientOutputItems,
	compactionItem,
	configurationItem,
	customCallItem,
	functionCallItem,
	hostedItems,
	imageItem,
	inputAudio,
	inputFile,
	inputImage,
	inputText,
	messageItem,
	outputItem,
	outputText,
	reasoningItem,
	referenceItem,
	refusal,
} from './item-schema.ts'
import { customTool, functionTool, namespaceTool, responsesRequestSchema } from './request-schema.ts'

/** A schema with the `type` that selects it. */
function typed<Shape extends z.core.$ZodLooseShape>(type: string, schema: z.ZodObject<Shape>) {
	return z.looseObject({ ...schema.shape, type: z.literal(type) })
}

function typedAll(schemas: Readonly<Record<string, z.ZodObject>>) {
	return Object.entries(schemas).map(([type, schema]) => typed(type, schema))
}

const outputParts = [typed('output_text', outputText), typed('refusal', refusal)]
const givenPart = z.union([inputText, inputImage, inputFile, inputAudio])
const content = z.union([z.string(), arrayOf(z.union([givenPart, ...outputParts]))])

const item = z.union([
	messageItem.extend({ content }),
	typed('function_call', functionCallItem),
	typed('custom_tool_call', customCallItem),
	...['function_call_output', 'custom_tool_call_output'].map((type) =>
		typed(type, outputItem.extend({ output: content })),
	),
	typed('reasoning', reasoningItem),
	typed('image_generation_call', imageItem),
	typed('compaction', compactionItem),
	typed('item_reference', referenceItem),
	typed('additional_tools', additionalToolsItem),
	typed('configuration_update', configurationItem),
	...typedAll(clientCallItems),
	...typedAll(clientOutputItems),
	// Items that another server wrote for its own tools.
	z.looseObject({ type: z.enum([...hostedItems]) }),
])

const tool = z.union([
	typed('function', functionTool),
	typed('custom', customTool),
	typed('namespace', namespaceTool.extend({ tools: arrayOf(typed('function', functionTool)) })),
	z.looseObject({ type: z.string() }),
])

/** The items of a conversation, by their types. */
export const itemsSchema = arrayOf(item)

export const responsesBodySchema = responsesRequestSchema.extend({
	input: z.union([z.string(), itemsSchema]).nullish(),
	tools: arrayOf(tool).nullish(),
})
