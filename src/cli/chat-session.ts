// The conversation of `dragoman chat`, which the server stores: sends only the newest question, and reads the stored
// messages back. It prints nothing.

import { isObject } from '../chat/json.ts'
import { type AnswerEnd, type AnswerPiece, readAnswer } from './answer-stream.ts'
import { CliError } from './cli-error.ts'
import { dialectQuestions, messagesOf, usualDialect } from './dialect-question.ts'
import type { ServerConnection } from './server-connection.ts'

export interface SavedMessage {
	readonly role: string
	readonly text: string
}

export class ChatSession {
	model: string
	/** Sent with the first question of a conversation, and stored with it. */
	system: string | undefined
	private readonly server: ServerConnection
	private id: string | undefined

	constructor(server: ServerConnection, model: string) {
		this.server = server
		this.model = model
	}

	/** Undefined before the first answer. */
	get conversation(): string | undefined {
		return this.id
	}

	/** The next question begins a conversation. */
	begin(): void {
		this.id = undefined
	}

	/** Continues a stored conversation. @throws CliError if the key's owner has none with this id. */
	async resume(conversation: string): Promise<void> {
		await this.server.send(`/openai/v1/conversations/${encodeURIComponent(conversation)}`)
		this.id = conversation
	}

	/**
	 * Asks a question. Returns whether the answer ended at the token limit.
	 *
	 * @param signal stops the answer; what was received is stored.
	 */
	async *ask(text: string, signal: AbortSignal): AsyncGenerator<AnswerPiece, AnswerEnd> {
		const dialect = dialectQuestions[usualDialect]
		if (dialect === undefined) throw new Error(`no dialect ${usualDialect}`)
		const response = await this.server.send(dialect.path, {
			body: {
				model: this.model,
				stream: true,
				messages: messagesOf(text, this.id === undefined ? this.system : undefined),
			},
			headers: { 'x-dragoman-conversation': this.id ?? 'new', 'x-dragoman-truncation': 'auto' },
			signal,
		})
		this.id = response.headers.get('x-dragoman-conversation') ?? this.id
		return yield* readAnswer(response, dialect, signal)
	}

	/** The messages from the first to the newest, without other branches; empty before the first answer. @throws CliError */
	async messages(): Promise<readonly SavedMessage[]> {
		const exported = await this.export()
		if (exported === undefined) return []
		if (!isObject(exported) || !Array.isArray(exported.messages))
			throw new CliError('The server returned a conversation in an unknown form.')
		const byId = new Map(exported.messages.filter(isObject).map((stored) => [stored.id, stored]))
		const found: SavedMessage[] = []
		for (let at = byId.get(exported.head); at !== undefined; at = byId.get(at.parent)) {
			// A message that is its own ancestor would never end.
			byId.delete(at.id)
			if (isObject(at.message)) found.unshift({ role: String(at.message.role), text: textOf(at.message.content) })
		}
		return found
	}

	/** The whole conversation as the server exports it; undefined before the first answer. @throws CliError */
	async export(): Promise<unknown> {
		if (this.id === undefined) return undefined
		return (await this.server.send(`/openai/v1/conversations/${encodeURIComponent(this.id)}/export`)).json()
	}
}

function textOf(content: unknown): string {
	if (typeof content === 'string') return content
	if (!Array.isArray(content)) return ''
	return content
		.flatMap((part: unknown) =>
			isObject(part) && part.type === 'text' && typeof part.text === 'string' ? [part.text] : [],
		)
		.join('')
}
