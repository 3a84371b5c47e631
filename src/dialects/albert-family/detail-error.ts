// Errors in the format of FastAPI, on which Albert API and OpenGateLLM are built: `detail` is a text, or a list if the
// request is invalid. Each dialect has a table of its own with statuses and messages.

import type { ChatError } from '../../chat/error.ts'
import { writeValidationDetail } from './validation-detail.ts'

export interface DetailShape {
	readonly status: number
	/** The API's own message, which clients may compare; replaces the error's message. */
	readonly text?: string
	/** `detail` is a list of validation errors. */
	readonly listed?: true
}

export function writeDetail(error: ChatError, { text, listed }: DetailShape) {
	return listed === true ? writeValidationDetail(error) : (text ?? error.message)
}
