// The schema of OpenAI's Conversations API, with a title and an end user in addition to OpenAI's fields.

import { z } from 'zod'
import { arrayOf } from '../../json/bounded-array.ts'
import { metadataSchema } from '../responses/metadata-schema.ts'

const items = arrayOf(z.unknown()).max(20)
const title = z.string().max(200).nullish()

/** The body is optional. */
export const newConversationSchema = z.looseObject({
	items: items.nullish(),
	metadata: metadataSchema.nullish(),
	title,
	user: z.string().min(1).max(512).nullish(),
})

export const conversationChangeSchema = z.looseObject({ metadata: metadataSchema.nullish(), title })

export const newItemsSchema = z.looseObject({ items: items.min(1) })
