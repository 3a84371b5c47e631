// Writes a stored chat completion in OpenAI's format: the completion together with its request.

import type { Choice } from '../../../chat/completion.ts'
import type { JsonObject } from '../../../chat/json.ts'
import { exactMembers } from '../../../chat/json-text.ts'
import type { Message } from '../../../chat/message.ts'
import { countedUsage } from '../../../chat/usage.ts'
import type { StoredAnswer, StoredMessage, Turn } from '../../../conversations/conversation.ts'
import type { MessageId } from '../../../conversations/message-id.ts'
import { readTurnId, type TurnId } from '../../../conversations/turn-id.ts'
import { writeMessages } from '../chat-messages-writer.ts'
import { storedMessagesForm } from '../chat-request-form.ts'
import { writeCompletion } from '../completion-writer.ts'

const id = (own: TurnId | MessageId) => `chatcmpl-${own}`

/** @returns the turn's id, or undefined if this is not the id of a completion. */
export function readCompletionId(text: string): TurnId | undefined {
	return readTurnId(text, 'chatcmpl-')
}

/** The request fields stored for their completion. */
export function readCompletionEcho(body: Readonly<Record<string, unknown>>): JsonObject {
	const echo: Record<string, unknown> = {}
	const exact = exactMembers(body)
	for (const name of repeated) if (exact[name] != null) echo[name] = exact[name]
	return echo as JsonObject
}

const repeated = [
	'frequency_penalty',
	'functions',
	'presence_penalty',
	'response_format',
	'seed',
	'temperature',
	'tool_choice',
	'tools',
	'top_p',
	'user',
] as const

/** @param answers the messages of the turn's answers, in order */
export function writeStoredCompletion(turn: Turn, answers: readonly Message[]): { readonly id: string } {
	const { functions, user, ...echo } = exactMembers(turn.echo)
	const written = writeCompletion(
		{
			choices: answers.map((message, index) => choiceOf(message, turn.answers[index])),
			usage: turn.usage ?? nothingUsed,
		},
		{ id: id(turn.id), created: Math.floor(turn.createdAtMs / 1000), model: turn.model },
		{ legacyFunctions: functions !== undefined },
	)
	const completion = { ...written, ...defaults, ...echo, input_user: user ?? null, metadata: turn.metadata }
	return { ...completion, id: id(turn.id) }
}

const nothingUsed = countedUsage(0)

const defaults = {
	request_id: null,
	tool_choice: null,
	seed: null,
	top_p: 1,
	temperature: 1,
	presence_penalty: 0,
	frequency_penalty: 0,
	tools: null,
	response_format: null,
}

function choiceOf(message: Message, answer: StoredAnswer | undefined): Choice {
	return {
		parts: message.role === 'assistant' ? message.content : [],
		finishReason: answer?.finishReason ?? 'stop',
		logprobs: answer?.logprobs,
		rest: message.rest,
	}
}

/** A message of the request, whose id consists of the completion's id and its own number. */
export function writeStoredMessage(stored: StoredMessage): { readonly id: string } {
	const [{ content, ...written } = {}] = writeMessages([stored.message], storedMessagesForm, () => {})
	const parts = Array.isArray(content) ? content : null
	const { name = null } = written
	const fields = { ...written, name, content: parts === null ? (content ?? null) : null, content_parts: parts }
	return { ...fields, id: id(stored.id) }
}
