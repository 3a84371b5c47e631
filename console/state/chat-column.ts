// A column of a comparison. It does not know how the column asks.

import type { Draft } from './draft.ts'
import type { ConversationOptions } from './request-options.ts'

/** What distinguishes a column of a comparison from a conversation alone. */
export interface ChatColumn {
	/** Written into the metadata of its turns. */
	readonly number: number
	/** The model that answers, instead of the one that the person chose for new questions. */
	readonly model: () => string | undefined
	readonly options: ConversationOptions
	readonly draft: Draft
}
