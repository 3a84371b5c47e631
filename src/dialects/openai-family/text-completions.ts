// The route of the legacy text completions, which five dialects share. It does not know how their streams and options
// differ.

import {
	readTextCompletionRequest,
	textCompletionRequestSchema,
} from '../../wire/openai/text-completion-request-reader.ts'
import { TextCompletionChunkWriter, writeTextCompletion } from '../../wire/openai/text-completion-writer.ts'
import type { CallOptions, TextCompletionCall } from '../call.ts'
import type { Route, RouteInput } from '../dialect.ts'
import type { StreamWriter } from '../writer.ts'
import { completionIdentity } from './completion-identity.ts'

interface TextCompletionDifferences {
	/** `/completions` if absent. */
	readonly path?: string
	/** Adapts the writer of a stream. */
	readonly adaptStream?: (chunks: TextCompletionChunkWriter) => StreamWriter
	readonly options?: (input: RouteInput) => CallOptions
}

export function textCompletionsRoute({
	path = '/completions',
	adaptStream = (chunks) => chunks,
	options,
}: TextCompletionDifferences = {}): Route {
	return {
		method: 'POST',
		path,
		bodySchema: textCompletionRequestSchema,
		read(input): TextCompletionCall {
			const { request, stream, includeUsage } = readTextCompletionRequest(input.body)
			return {
				type: 'complete',
				request,
				stream,
				writer: {
					completion: (completion, context) => writeTextCompletion(completion, completionIdentity(context, 'cmpl')),
					stream: (context) =>
						adaptStream(new TextCompletionChunkWriter(completionIdentity(context, 'cmpl'), includeUsage)),
				},
				...options?.(input),
			}
		},
	}
}
