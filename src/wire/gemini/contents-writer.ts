// Writes canonical messages as `systemInstruction` and `contents`. All instructions go into `systemInstruction`,
// wherever they occur. The results of parallel tool calls form one turn.

import { CallNames } from '../../chat/call-names.ts'
import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import { parseJson } from '../../chat/json-text.ts'
import type { AssistantMessage, Message, ToolCall, ToolMessage, UserMessage } from '../../chat/message.ts'
import type { GeminiForm } from './form.ts'
import { geminiWire } from './formats.ts'
import { writeMedia } from './media.ts'

export interface WrittenContents {
	readonly systemInstruction?: JsonObject
	readonly contents: readonly JsonObject[]
}

/**
 * @param drop is called with each feature that the wire lacks.
 * @throws ChatError for results without a call, and for files by id.
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

/** Replaces a missing signature, such as that of another model's call. The upstream then skips signature validation. */
const skippedSignature = 'skip_thought_signature_validator'

class ContentsWriter {
	private readonly form: GeminiForm
	private readonly drop: (part: string) => void
	private readonly instructions: JsonObject[] = []
	private readonly contents: JsonObject[] = []
	/** Tool results, and files beside them, of a turn that may have further results. */
	private results: JsonObject[] = []
	private shown: JsonObject[] = []
	private readonly names = new CallNames()

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
				return
			default:
				message satisfies never
		}
	}

	/** A conversation of instructions alone becomes a user turn, since the wire requires at least one turn. */
	end(): WrittenContents {
		this.endResults()
		if (this.contents.length === 0) return { contents: [{ role: 'user', parts: this.instructions }] }
		if (this.instructions.length === 0) return { contents: this.contents }
		return { systemInstruction: { parts: this.instructions }, contents: this.contents }
	}

	/** The wire rejects a turn without parts. */
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
		return content.map((part, position) => {
			if (part.type === 'text') return { text: part.text }
			if (part.type === 'image' && (part.detail ?? 'auto') !== 'auto') this.drop('image_url.detail')
			if (part.type === 'file' && part.name !== undefined) this.drop('file.filename')
			return writeMedia(part, `messages[${index}].content[${position}]`)
		})
	}

	private writeAssistant(message: AssistantMessage): readonly JsonObject[] {
		const signatures = (message.thoughts ?? []).flatMap(({ proof }) =>
			proof?.wire === geminiWire ? [proof.value] : [],
		)
		const texts = message.content.map(({ text }) => ({ text })).filter(({ text }) => text !== '')
		const [first, ...rest] = texts
		const last = signatures.at(-1)
		const signed = signatures.slice(0, -1).map((thoughtSignature) => ({ text: '', thoughtSignature }))
		const signedTexts = last === undefined ? texts : [{ text: first?.text ?? '', thoughtSignature: last }, ...rest]
		return [...signed, ...signedTexts, ...this.writeCalls(message.toolCalls)]
	}

	/** Only the first of several parallel calls has a signature. */
	private writeCalls(calls: readonly ToolCall[]): readonly JsonObject[] {
		let signed = !this.form.signedCalls
		return calls.map((call) => {
			this.names.add(call)
			const proof = call.proof?.wire === geminiWire ? call.proof.value : undefined
			const signature = proof ?? (signed ? undefined : skippedSignature)
			signed = true
			return {
				functionCall: { id: this.form.callIds ? call.id : undefined, name: call.name, args: readArguments(call) },
				thoughtSignature: signature,
			}
		})
	}

	private addResult(message: ToolMessage, index: number): void {
		const name = this.names.nameFor(message, index)
		const files: JsonObject[] = []
		let text = ''
		for (const [position, part] of message.content.entries()) {
			if (part.type === 'text') text += part.text
			else files.push(writeMedia(part, `messages[${index}].content[${position}]`))
		}
		const within = this.form.filesInResults && files.length > 0
		if (!within) this.shown.push(...files)
		this.results.push({
			functionResponse: {
				id: this.form.callIds ? message.callId : undefined,
				name,
				response: { [message.isError ? 'error' : 'output']: readResult(text) },
				parts: within ? files : undefined,
			},
		})
	}
}

/** Arguments are an object on this wire. Free text, and JSON other than an object, goes into `input`. */
function readArguments(call: ToolCall): JsonObject {
	if (call.type === 'custom') return { input: call.arguments }
	if (call.arguments.trim() === '') return {}
	const value = parsed(call.arguments)
	return isObject(value) ? value : { input: call.arguments }
}

/** JSON objects and arrays are parsed; any other text remains text. */
function readResult(text: string): Json {
	const value = parsed(text)
	return isObject(value) || Array.isArray(value) ? value : text
}

/** Undefined for invalid JSON. */
function parsed(text: string): Json | undefined {
	try {
		return parseJson(text) as Json
	} catch {
		return undefined
	}
}
