// The schemas of stored conversations, their export and their shares, for descriptions of the API. The writers do not use
// them: tests compare what the writers write with these schemas.

import { z } from 'zod'
import { surfaces } from '../../../conversations/conversation.ts'
import { metricsSchema } from '../metrics-writer.ts'

const unixTime = z.int().describe('Unix time in seconds.')
const id = z.string()
/** A message as it is stored, in this server's own form. */
const storedMessage = z.looseObject({ role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']) })

export const conversationSchema = z.object({
	id,
	object: z.literal('conversation'),
	created_at: unixTime,
	updated_at: unixTime,
	metadata: z.record(z.string(), z.string()),
	title: z.string().nullable(),
	user: z.string().nullable(),
	match: z.object({ message: id, excerpt: z.string() }).optional().describe('The first match of a search.'),
})

export const conversationsDeletedSchema = z.object({
	object: z.literal('conversation.list.deleted'),
	deleted: z.int().min(0).describe('The number of deleted conversations.'),
})

export const exportSchema = z.object({
	object: z.literal('conversation.export'),
	conversation: conversationSchema,
	head: id.nullable(),
	messages: z.array(
		z.object({
			id,
			parent: id.nullable(),
			turn: id.nullish(),
			created_at: unixTime,
			partial: z.boolean(),
			message: storedMessage,
		}),
	),
	turns: z.array(
		z.object({
			id,
			surface: z.enum(surfaces),
			state: z.enum(['running', 'completed', 'incomplete', 'failed', 'cancelled', 'interrupted']),
			parent: id.nullable(),
			model: z.string(),
			answer_model: z.string().nullable().describe('The model that answered, if its upstream named another one.'),
			dropped: z.array(z.string()).describe('Parts of the request that the upstream did not receive.'),
			truncated: z
				.int()
				.min(0)
				.describe("Number of the conversation's oldest messages that the upstream did not receive."),
			inputs: z.array(id),
			answers: z.array(z.object({ message: id, finish_reason: z.string().nullable() })),
			usage: z.looseObject({}).nullable(),
			metrics: metricsSchema.nullable(),
			error: z.object({ code: z.string(), message: z.string() }).nullable(),
			metadata: z.record(z.string(), z.string()),
			created_at: unixTime,
			ended_at: unixTime.nullable(),
		}),
	),
})

const shareFacts = {
	id,
	object: z.literal('conversation.share'),
	created_at: unixTime,
	expires_at: unixTime.nullable(),
	files: z.boolean(),
}

export const shareSchema = z.object({ ...shareFacts, conversation: id, message: id })

export const sharedBranchSchema = z.object({
	...shareFacts,
	title: z.string().nullable(),
	messages: z.array(
		z.object({
			id,
			parent: id.nullable(),
			created_at: unixTime,
			partial: z.boolean(),
			model: z.string().optional(),
			message: storedMessage,
		}),
	),
})
