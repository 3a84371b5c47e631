// What a dialect states about its API for the OpenAPI document, beside what its routes state: names, summaries, query
// parameters, and the schemas of its answers, events and errors. It is loaded when the document is first requested. It
// does not know the format of the document.

import type { z } from 'zod'
import type { JsonObject } from '../chat/json.ts'
import type { ModelType } from '../routing/model.ts'

export interface ApiDescription {
	/** Such as `Messages API`. */
	readonly title: string
	/** One paragraph in Markdown. */
	readonly text: string
	/** The page of the documentation, such as `keys.md`. */
	readonly page: string
	/** The header by which its clients send their key. */
	readonly credential: 'bearer' | 'x-api-key'
	/** The body of every error. */
	readonly error: z.ZodType
	/** Names of schemas that answers and events contain. */
	readonly schemas: Readonly<Record<string, z.ZodType>>
	/** Names of schemas that request bodies contain. */
	readonly requestSchemas?: Readonly<Record<string, z.ZodType>> | undefined
	/** One for each route, by its method and path, such as `GET /models`; sockets have the method GET. */
	readonly operations: Readonly<Record<string, OperationDescription>>
}

export interface OperationDescription {
	/** In camel case, unique within the dialect. */
	readonly name: string
	/** A phrase without a full stop. */
	readonly summary: string
	/** Markdown. */
	readonly details?: string | undefined
	/** The query parameters. */
	readonly query?: z.ZodObject | undefined
	/** A valid request body that names this model. */
	readonly example?: ((model: string) => JsonObject) | undefined
	/** Fields of a form that are files, with their descriptions. */
	readonly files?: Readonly<Record<string, string>> | undefined
	/** The type of the models that the operation calls; absent if it calls none. */
	readonly calls?: ModelType | undefined
	/** The operation accepts the headers of stored conversations. */
	readonly converses?: true | undefined
	readonly answer: AnswerDescription
}

/** The successful answers of an operation. */
export type AnswerDescription =
	| {
			readonly type: 'answer'
			/** A JSON body; absent if the answer is never one. */
			readonly json?: z.ZodType | undefined
			/** The data of each event of a stream, without the end mark. */
			readonly events?: z.ZodType | undefined
			/** The content types of bodies that are texts. */
			readonly texts?: readonly string[] | undefined
	  }
	/** The answer has no body. */
	| { readonly type: 'none' }
	/** A WebSocket with JSON messages. */
	| { readonly type: 'socket'; readonly sent: z.ZodType; readonly received: z.ZodType }
	/** The route exists in the API, but this server refuses every request. */
	| { readonly type: 'refused' }

/** An answer that is always JSON. */
export function jsonAnswer(json: z.ZodType): AnswerDescription {
	return { type: 'answer', json }
}
