// Canonical turns written as `systemInstruction` and `contents`. Instructions stand apart from the turns, wherever they came; the results
// of all tools that were called together are one turn.

import { ChatError } from '../../chat/error.ts'
import type { Json, JsonObject } from '../../chat/json.ts'
import type { AssistantMessage, Message, ToolCall, ToolMessage, UserMessage } from '../../chat/message.ts'
import type { GeminiForm } from './form.ts'
import { geminiWire } from './formats.ts'
import { writeMedia } from './media.ts'

export interface WrittenContents {
	readonly systemInstruction?: JsonObject
	readonly contents: readonly JsonObject[]
}

/**
 * @param drop is told what the wire has no words for.
 * @throws ChatError for results of calls that nobody made, and for files by id.
 */
export function writeContents(
	messages: readonly Message[],
	form: GeminiForm,
	drop: (part: string) => void,
): WrittenContents {
	const writer = new ContentsWriter(form, drop)
	for (const [index, message] of messages.entries()) writer.write(message, index)
	return writer.end()
}

/** Stands in for a signature that was lost, or that another model's call never had: the upstream then does not ask for one. */
const skippedSignature = 'skip_thought_signature_validator'

class ContentsWriter {
	private readonly form: GeminiForm
	private readonly drop: (part: string) => void
	private readonly instructions: JsonObject[] = []
	private readonly contents: JsonObject[] = []
	/** Results of tools, and what is shown beside them, that wait for the last of their turn. */
	private results: JsonObject[] = []
	private shown: JsonObject[] = []
	/** Names of the calls so far, by id. */
	private readonly names = new Map<string, string>()

	constructor(form: GeminiForm, drop: (part: string) => void) {
		this.form = form
		this.drop = drop
	}

	write(message: Message, index: number): void {
		if (message.role !== 'tool') this.endResults()
		if ('name' in message && message.name !== undefined) this.drop('messages.name')
		switch (message.role) {
			case 'system':
			case 'developer':
				this.instructions.push(...message.content.map(({ text }) => ({ text })))
				return
			case 'user':
				this.add('user', this.writeUser(message, index))
				return
			case 'assistant':
				this.add('model', this.writeAssistant(message))
				return
			case 'tool':
				this.addResult(message, index)
		}
	}

	/** A conversation of instructions alone is said by the user, since the wire wants a turn. */
	end(): WrittenContents {
		this.endResults()
		if (this.contents.length === 0) return { contents: [{ role: 'user', parts: this.instructions }] }
		if (this.instructions.length === 0) return { contents: this.contents }
		return { systemInstruction: { parts: this.instructions }, contents: this.contents }
	}

	/** A turn without parts is refused. */
	private add(role: 'user' | 'model', parts: readonly JsonObject[]): void {
		if (parts.length > 0) this.contents.push({ role, parts })
	}

	private endResults(): void {
		this.add('user', [...this.results, ...this.shown])
		this.results = []
		this.shown = []
	}

	private writeUser({ content }: UserMessage, index: number): readonly JsonObject[] {
		if (content.length === 0) return [{ text: '' }]
		return content.map((part, place) => {
			if (part.type === 'text') return { text: part.text }
			if (part.type === 'image' && (part.detail ?? 'auto') !== 'auto') this.drop('image_url.detail')
			if (part.type === 'file' && part.name !== undefined) this.drop('file.filename')
			return writeMedia(part, `messages[${index}].content[${place}]`)
		})
	}

	private writeAssistant(message: AssistantMessage): readonly JsonObject[] {
		const proofs = (message.thoughts ?? []).flatMap(({ proof }) => (proof?.wire === geminiWire ? [proof.value] : []))
		const texts = message.content.map(({ text }) => ({ text })).filter(({ text }) => text !== '')
		const [first, ...rest] = texts
		const last = proofs.at(-1)
		const signed = proofs.slice(0, -1).map((thoughtSignature) => ({ text: '', thoughtSignature }))
		const spoken = last === undefined ? texts : [{ text: first?.text ?? '', thoughtSignature: last }, ...rest]
		return [...signed, ...spoken, ...this.writeCalls(message.toolCalls)]
	}

	/** Of calls that were made together only the first is signed. */
	private writeCalls(calls: readonly ToolCall[]): readonly JsonObject[] {
		let signed = !this.form.signedCalls
		return calls.map((call) => {
			this.names.set(call.id, call.name)
			const proof = call.proof?.wire === geminiWire ? call.proof.value : undefined
			const signature = proof ?? (signed ? undefined : skippedSignature)
			signed = true
			return {
				functionCall: { ...(this.form.callIds ? { id: call.id } : {}), name: call.name, args: readArguments(call) },
				...(signature === undefined ? {} : { thoughtSignature: signature }),
			}
		})
	}

	private addResult(message: ToolMessage, index: number): void {
		const name = this.names.get(message.callId)
		if (name === undefined)
			throw new ChatError('invalid-request', 'A tool message must answer a tool call of an earlier turn.', {
				param: `messages[${index}].tool_call_id`,
			})
		const files: JsonObject[] = []
		let text = ''
		for (const [place, part] of message.content.entries()) {
			if (part.type === 'text') text += part.text
			else files.push(writeMedia(part, `messages[${index}].content[${place}]`))
		}
		const within = this.form.filesInResults && files.length > 0
		if (!within) this.shown.push(...files)
		this.results.push({
			functionResponse: {
				...(this.form.callIds ? { id: message.callId } : {}),
				name,
				response: { [message.isError ? 'error' : 'output']: readResult(text) },
				...(within ? { parts: files } : {}),
			},
		})
	}
}

/** Arguments are an object on this wire; free text, and what is no object, stands as `input`. */
function readArguments(call: ToolCall): JsonObject {
	if (call.type === 'custom') return { input: call.arguments }
	const value = parsed(call.arguments)
	return isObject(value) ? value : { input: call.arguments }
}

/** Objects and lists as what they are; any other text as text. */
function readResult(text: string): Json {
	// Long numbers would not survive.
	const value = /\d{16}/.test(text) ? undefined : parsed(text)
	return isObject(value) || Array.isArray(value) ? value : text
}

/** Undefined for what is no JSON. */
function parsed(text: string): Json | undefined {
	try {
		return JSON.parse(text) as Json
	} catch {
		return undefined
	}
}

function isObject(value: Json | undefined): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
}
