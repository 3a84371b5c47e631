// The id, the time and the model that every part of an answer in OpenAI's format repeats.

import type { CompletionIdentity } from '../../wire/openai/completion-writer.ts'
import type { ResponseContext } from '../writer.ts'

/** @param prefix of the id, unless the context sets the complete id. */
export function completionIdentity({ token, created, model, id }: ResponseContext, prefix: string): CompletionIdentity {
	return { id: id ?? `${prefix}-${token}`, created, model }
}
