// The schema of OpenAI's Conversations API, with further fields in addition to OpenAI's.

import { z } from 'zod'
import { arrayOf } from '../../json/bounded-array.ts'
import { unixTimeSchema } from '../../json/unix-time.ts'
import { metadataSchema } from '../responses/metadata-schema.ts'

const items = arrayOf(z.unknown()).max(20)
const title = z.string().max(200).nullish()

/** The body is optional. */
export const newConversationSchema = z.looseObject({
	items: items.nullish(),
	metadata: metadataSchema.nullish(),
	title,
	created_at: unixTimeSchema.nullish(),
	user: z.string().min(1).max(512).nullish(),
})

export const conversationChangeSchema = z.looseObject({ metadata: metadataSchema.nullish(), title })

/** `parent`, `created_at`, `model` and `metadata` are ours. */
export const newItemsSchema = z.looseObject({
	items: items.min(1),
	/** Id of a message or item, or `none`. */
	parent: z.string().max(200).nullish(),
	created_at: unixTimeSchema.nullish(),
	/** What wrote the answers among the items. */
	model: z.string().max(256).nullish(),
	/** Of the turn that the items are. */
	metadata: metadataSchema.nullish(),
})

export const newShareSchema = z.looseObject({
	/** The last message or item to share. */
	message: z.string().max(200).nullish(),
	expires_at: unixTimeSchema.nullish(),
	files: z.boolean().nullish(),
})
