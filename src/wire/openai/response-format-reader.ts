// Reads `response_format` of a chat request. A format that only some servers know is passed through, and engines that
// cannot produce it refuse it.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { ResponseFormat } from '../../chat/request.ts'
import type { ChatRequestBody } from './chat-request-shape.ts'
import { isStrictSchema, type Violate } from './chat-tools-reader.ts'
import { openaiWire } from './formats.ts'
import { unknownFields } from './nested-rest.ts'

export interface ReadResponseFormat {
	readonly responseFormat: ResponseFormat
	/** The whole field, or the unknown fields in it. */
	readonly passthrough: JsonObject
}

/** Other wires require a name. */
const defaultName = 'response'

export function readResponseFormat(fields: ChatRequestBody, violate: Violate): ReadResponseFormat {
	const { response_format: format } = fields
	switch (format?.type) {
		case undefined:
			return { responseFormat: { type: 'text' }, passthrough: {} }
		case 'text': {
			const isKnown = Object.keys(format).length === 1
			return { responseFormat: { type: 'text' }, passthrough: isKnown ? {} : { response_format: format as JsonObject } }
		}
		case 'unknown':
			return { responseFormat: { type: 'text' }, passthrough: { response_format: format.given as JsonObject } }
		case 'json_object': {
			if (format.schema != null) return withSchema(format as JsonObject, format.schema as JsonObject)
			if (!mentionsJson(fields.messages))
				violate(
					new ChatError(
						'invalid-request',
						"'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
						{ param: 'messages' },
					),
				)
			const passthrough = unknownFields({ response_format: format }, { response_format: { type: true } })
			return { responseFormat: { type: 'json-object' }, passthrough }
		}
		case 'json_schema':
			return readSchemaFormat(format, violate)
	}
}

type SchemaFormatBody = Extract<ChatRequestBody['response_format'], { readonly type: 'json_schema' }>

function readSchemaFormat(format: SchemaFormatBody, violate: Violate): ReadResponseFormat {
	const { json_schema: described, schema: beside } = format
	const { name, description, strict } = described ?? {}
	const schema = (described?.schema ?? beside ?? undefined) as JsonObject | undefined
	if (name == null || beside != null) return withSchema(format as JsonObject, schema, name ?? undefined)
	const isStrict = strict === true && isStrictSchema(schema, `response_format '${name}'`, 'response_format', violate)
	const known = { type: true, json_schema: { name: true, description: true, schema: true, strict: true } } as const
	const unknown = unknownFields({ response_format: format }, { response_format: known })
	return {
		responseFormat: { type: 'json-schema', name, description: description ?? undefined, schema, strict: isStrict },
		passthrough: strict === true && !isStrict ? { ...unknown, 'response_format.json_schema.strict': true } : unknown,
	}
}

/** A schema in a form that differs from OpenAI's. */
function withSchema(format: JsonObject, schema: JsonObject | undefined, name = defaultName): ReadResponseFormat {
	return {
		responseFormat: { type: 'json-schema', name, schema, strict: false, given: { wire: openaiWire, format } },
		passthrough: {},
	}
}

function mentionsJson(messages: ChatRequestBody['messages']): boolean {
	return messages.some(({ content }) => {
		if (typeof content === 'string') return /json/i.test(content)
		return (content ?? []).some((part) => part.type === 'text' && /json/i.test(part.text))
	})
}
