// Writes canonical messages as `systemInstruction` and `contents`. All instructions go into `systemInstruction`,
// wherever they occur. The results of parallel tool calls form one turn. It does not know where signatures are valid.

import { CallNames } from '../../chat/call-names.ts'
import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import type {
	AssistantMessage,
	Message,
	ReasoningPart,
	ToolCall,
	ToolMessage,
	UserMessage,
} from '../../chat/message.ts'
import { tryParseJson } from '../../chat/try-parse-json.ts'
import { mapInSteps, resultsOf, retained, visitInSteps } from '../../system/resumable.ts'
import { isExecutedCode } from './executed-code.ts'
import type { GeminiForm } from './form.ts'
import { writeMedia } from './media.ts'

export interface WrittenContents {
	readonly systemInstruction?: JsonObject
	readonly contents: readonly JsonObject[]
}

/** @throws ChatError for results without a call, and for files by id. */
export function writeContents(messages: readonly Message[], form: GeminiForm): WrittenContents {
	const writer = retained(messages, 'contents', () => new ContentsWriter(form))
	visitInSteps(messages, 'contents', (message, index) => writer.write(message, index))
	return writer.end()
}

/** Replaces a missing signature, such as that of another model's call. The upstream then skips signature validation. */
const skippedSignature = 'skip_thought_signature_validator'

class ContentsWriter {
	private readonly form: GeminiForm
	private readonly instructions: JsonObject[] = []
	private readonly contents: JsonObject[] = []
	/** Tool results, and files beside them, of a turn that may have further results. */
	private results: JsonObject[] = []
	private shown: JsonObject[] = []
	private readonly names = new CallNames()

	constructor(form: GeminiForm) {
		this.form = form
	}

	write(message: Message, index: number): void {
		if (message.role !== 'tool') this.endResults()
		switch (message.role) {
			case 'system':
			case 'developer':
				for (const { text } of message.content) this.instructions.push({ text })
				return
			case 'user':
				this.add('user', this.writeUser(message, index))
				return
			case 'assistant':
				this.add('model', this.writeAssistant(message, index))
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
		return mapInSteps(content, 'parts', (part, position) => {
			if (part.type === 'provider-item') return part.item
			if (part.type === 'text') return { ...part.rest?.fields, text: part.text }
			return writeMedia(part, `messages[${index}].content[${position}]`)
		})
	}

	private writeAssistant({ content }: AssistantMessage, index: number): readonly JsonObject[] {
		const parts: JsonObject[] = resultsOf(content, 'parts')
		const state = retained(content, 'parts', () => ({ needsSignature: this.form.signedCalls }))
		for (const part of content) if (part.type === 'tool-call') this.names.add(part)
		visitInSteps(content, 'parts', (part, position) => {
			switch (part.type) {
				case 'text':
				case 'refusal': {
					const fields = part.rest?.fields ?? {}
					if (isExecutedCode(fields)) parts.push(fields)
					else if (part.text !== '' || part.rest !== undefined) parts.push({ ...fields, text: part.text })
					break
				}
				case 'reasoning':
					writeReasoning(part, parts)
					break
				case 'image':
				case 'audio':
					parts.push(writeMedia(part, `messages[${index}].content[${position}]`))
					break
				case 'provider-item':
					parts.push(part.item)
					break
				case 'tool-call':
					parts.push(this.writeCall(part, state.needsSignature))
					state.needsSignature = false
					break
				default:
					part satisfies never
			}
		})
		return parts
	}

	/** @param needsSignature it is the first of several parallel calls. The others have no signature. */
	private writeCall(call: ToolCall, needsSignature: boolean): JsonObject {
		const { functionCall, ...fields } = call.rest?.fields ?? {}
		return {
			...fields,
			functionCall: {
				...(isObject(functionCall) ? functionCall : {}),
				id: this.form.callIds ? call.id : undefined,
				name: call.name,
				args: readArguments(call),
			},
			thoughtSignature: call.signature?.value ?? (needsSignature ? skippedSignature : undefined),
		}
	}

	private addResult(message: ToolMessage, index: number): void {
		const name = this.names.nameFor(message, index)
		const { content } = message
		const files: JsonObject[] = resultsOf(content, 'files')
		const result = retained(content, 'files', () => ({ text: '' }))
		visitInSteps(content, 'files', (part, position) => {
			if (part.type === 'text') result.text += part.text
			else if (part.type === 'provider-item') files.push(part.item)
			else files.push(writeMedia(part, `messages[${index}].content[${position}]`))
		})
		const within = this.form.filesInResults && files.length > 0
		if (!within) this.shown.push(...files)
		this.results.push({
			functionResponse: {
				id: this.form.callIds ? message.callId : undefined,
				name,
				response: { [message.isError ? 'error' : 'output']: readResult(result.text) },
				parts: within ? files : undefined,
			},
		})
	}
}

/** Appends reasoning to `parts`. Encrypted reasoning is the signature of the part before it, or of an empty text. */
function writeReasoning({ text, signature, encrypted, rest }: ReasoningPart, parts: JsonObject[]): void {
	const thoughtSignature = signature?.value
	if (encrypted !== true || text !== '') {
		if (text !== '' || thoughtSignature !== undefined || rest !== undefined)
			parts.push({ ...rest?.fields, text, thought: true, thoughtSignature })
		return
	}
	if (thoughtSignature === undefined) return
	const before = rest === undefined ? parts.at(-1) : undefined
	if (before !== undefined && takesSignature(before)) parts[parts.length - 1] = { ...before, thoughtSignature }
	else parts.push({ ...rest?.fields, text: '', thoughtSignature })
}

function takesSignature(part: JsonObject): boolean {
	return part.thought !== true && part.thoughtSignature === undefined && part.functionCall === undefined
}

/** Arguments are an object on this wire. Free text, and JSON other than an object, goes into `input`. */
function readArguments(call: ToolCall): JsonObject {
	if (call.kind === 'custom') return { input: call.arguments }
	if (call.arguments.trim() === '') return {}
	const value = tryParseJson(call.arguments)
	return isObject(value) ? (value as JsonObject) : { input: call.arguments }
}

/** JSON objects and arrays are parsed; any other text remains text. */
function readResult(text: string): Json {
	// Parsing would lose precision of long numbers.
	const value = /\d{16}/.test(text) ? undefined : tryParseJson(text)
	return isObject(value) || Array.isArray(value) ? (value as Json) : text
}
