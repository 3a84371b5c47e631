// Writes chat answers in OpenAI's format.

import { ChatChunkWriter, type ChunkShape } from '../../wire/openai/chat-chunk-writer.ts'
import { writeCompletion } from '../../wire/openai/completion-writer.ts'
import { openaiWire } from '../../wire/openai/formats.ts'
import { unsupportedPartsOf } from '../unsupported-parts.ts'
import type { AnswerWriter, ResponseContext, StreamWriter } from '../writer.ts'
import { completionIdentity } from './completion-identity.ts'

/**
 * @param idPrefix of the answer's id.
 * @param adaptStream adapts the writer of a stream.
 */
export function chatWriter(
	shape: ChunkShape,
	idPrefix: string,
	adaptStream: (chunks: ChatChunkWriter) => StreamWriter = (chunks) => chunks,
): AnswerWriter {
	const shapeOf = ({ tagsSignatures }: ResponseContext) => ({ ...shape, tagsSignatures })
	return {
		completion: (completion, context, source) =>
			writeCompletion(completion, completionIdentity(context, idPrefix), shapeOf(context), source),
		unsupportedParts: unsupportedInChat,
		stream: (context) => adaptStream(new ChatChunkWriter(completionIdentity(context, idPrefix), shapeOf(context))),
	}
}

/** What a chat message of OpenAI's API cannot express. */
export const unsupportedInChat = unsupportedPartsOf({
	hasPart: (part) => part.type !== 'provider-item' || part.wire === openaiWire,
	wire: openaiWire,
})
