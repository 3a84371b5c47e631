// The errors for stored objects that do not exist, in OpenAI's wording.

import { ChatError } from '../../chat/error.ts'

export function previousResponseNotFound(id: string): ChatError {
	return new ChatError('invalid-request', `Previous response with id '${id.slice(0, 100)}' not found.`, {
		param: 'previous_response_id',
		code: 'previous_response_not_found',
	})
}

export function conversationNotFound(id: string): ChatError {
	return new ChatError('not-found', `Conversation with id '${id.slice(0, 100)}' not found.`)
}

export function responseNotFound(id: string): ChatError {
	return new ChatError('not-found', `Response with id '${id.slice(0, 100)}' not found.`)
}

export function completionNotFound(id: string): ChatError {
	return new ChatError('not-found', `Chat completion with id '${id.slice(0, 100)}' not found.`)
}

export function shareNotFound(id: string): ChatError {
	return new ChatError('not-found', `Share with id '${id.slice(0, 100)}' not found.`)
}

export function itemNotFound(id: string): ChatError {
	return new ChatError('not-found', `Item with id '${id.slice(0, 100)}' not found.`)
}

export function messageNotFound(id: string): ChatError {
	return new ChatError('not-found', `Message with id '${id.slice(0, 100)}' not found.`)
}
