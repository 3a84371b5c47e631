// Descriptions of the operations on stored conversations and their shares, for the OpenAPI document.

import { z } from 'zod'
import { conversationTimes } from '../../conversations/conversation-time.ts'
import { maxSearchCharacters } from '../../conversations/search-length.ts'
import {
	conversationSchema,
	conversationsDeletedSchema,
	exportSchema,
	sharedBranchSchema,
	shareSchema,
} from '../../wire/openai/conversations/stored-schema.ts'
import { deletedSchema, listOf, listQuerySchema, metadataFilterSchema } from '../../wire/openai/object-schemas.ts'
import { storedItemSchema } from '../../wire/openai/responses/output-schema.ts'
import { jsonAnswer, type OperationDescription } from '../api-description.ts'

export const conversationOperations: Readonly<Record<string, OperationDescription>> = {
	'POST /conversations': {
		name: 'createConversation',
		summary: 'Create a conversation',
		example: () => ({ title: 'Greetings', items: [{ type: 'message', role: 'user', content: 'Hello!' }] }),
		answer: jsonAnswer(conversationSchema),
	},
	'GET /conversations': {
		name: 'listConversations',
		summary: 'List or search conversations',
		query: listQuerySchema.extend({
			user: z.string().optional(),
			search: z.string().max(maxSearchCharacters).optional().describe('A text in the title or in a message.'),
			order_by: z.enum(conversationTimes).optional(),
			metadata: metadataFilterSchema,
		}),
		answer: jsonAnswer(listOf(conversationSchema)),
	},
	'DELETE /conversations': {
		name: 'deleteConversations',
		summary: 'Delete all conversations',
		query: z.object({ user: z.string().min(1).optional().describe('Only those of this end user.') }),
		answer: jsonAnswer(conversationsDeletedSchema),
	},
	'GET /conversations/{id}': {
		name: 'retrieveConversation',
		summary: 'Retrieve a conversation',
		answer: jsonAnswer(conversationSchema),
	},
	'POST /conversations/{id}': {
		name: 'updateConversation',
		summary: 'Change the title or the metadata of a conversation',
		example: () => ({ title: 'Greetings' }),
		answer: jsonAnswer(conversationSchema),
	},
	'DELETE /conversations/{id}': {
		name: 'deleteConversation',
		summary: 'Delete a conversation',
		answer: jsonAnswer(deletedSchema('conversation.deleted')),
	},
	'GET /conversations/{id}/export': {
		name: 'exportConversation',
		summary: 'Export a conversation with all its branches',
		answer: jsonAnswer(exportSchema),
	},
	'POST /conversations/{id}/shares': {
		name: 'createShare',
		summary: 'Share a branch of a conversation',
		example: () => ({ files: false }),
		answer: jsonAnswer(shareSchema),
	},
	'GET /conversations/{id}/shares': {
		name: 'listShares',
		summary: 'List the shares of a conversation',
		answer: jsonAnswer(listOf(shareSchema)),
	},
	'DELETE /conversations/{id}/shares/{share}': {
		name: 'revokeShare',
		summary: 'Revoke a share',
		answer: jsonAnswer(deletedSchema('conversation.share.deleted')),
	},
	'GET /shares/{id}': {
		name: 'openShare',
		summary: 'Read a shared branch',
		details: 'For every key of the same tenant.',
		answer: jsonAnswer(sharedBranchSchema),
	},
	'POST /conversations/{id}/items': {
		name: 'createConversationItems',
		summary: 'Add items to a conversation',
		example: () => ({ items: [{ type: 'message', role: 'user', content: 'Hello!' }] }),
		answer: jsonAnswer(listOf(storedItemSchema)),
	},
	'GET /conversations/{id}/items': {
		name: 'listConversationItems',
		summary: 'List the items of a conversation',
		query: listQuerySchema.extend({
			branch: z.string().optional().describe('The last message of a branch; the current branch if absent.'),
		}),
		answer: jsonAnswer(listOf(storedItemSchema)),
	},
	'GET /conversations/{id}/items/{item}': {
		name: 'retrieveConversationItem',
		summary: 'Retrieve an item of a conversation',
		answer: jsonAnswer(storedItemSchema),
	},
	'DELETE /conversations/{id}/items/{item}': {
		name: 'deleteConversationItem',
		summary: 'Delete an item of a conversation',
		query: z.object({
			following: z.enum(['true', 'false']).optional().describe('Also delete everything after it, on every branch.'),
		}),
		answer: jsonAnswer(conversationSchema),
	},
}
