// Writes canonical messages as a prompt of the provider specification. Of the parts that are used here, only files
// differ between its versions.

import { CallNames } from '../../chat/call-names.ts'
import { ChatError } from '../../chat/error.ts'
import type { Json } from '../../chat/json.ts'
import type {
	AssistantMessage,
	AudioPart,
	FilePart,
	ImagePart,
	Message,
	ProviderItem,
	ReasoningPart,
	ToolCall,
	ToolMessage,
	UserMessage,
} from '../../chat/message.ts'
import { textOf } from '../../chat/parts.ts'
import type { Drop } from '../../chat/request-fates.ts'
import { tryParseJson } from '../../chat/try-parse-json.ts'
import { mediaTypeOf, readDataUrl, urlOf } from '../../wire/media/media-url.ts'
import { readItem } from './provider-part.ts'
import { readMetadata, readSignature } from './signature.ts'
import type {
	FileData,
	PromptAnswerPart,
	PromptCall,
	PromptFile,
	PromptMessage,
	PromptReasoning,
	PromptResult,
	PromptTextPart,
	SpecificationVersion,
} from './specification.ts'
import { isFetched, type SupportedUrls } from './supported-urls.ts'

export interface PromptForm {
	readonly version: SpecificationVersion
	/** URLs that the upstream fetches itself. Other URLs are rejected, because the gateway does not fetch them. */
	readonly supportedUrls: SupportedUrls
	/** The service and model, as in `Signature.origin`. */
	readonly origin?: string | undefined
}

/**
 * @param drop called with each field that the specification does not support.
 * @throws ChatError for results without a tool call, files by id, and URLs that the upstream does not fetch.
 */
export function writePrompt(messages: readonly Message[], form: PromptForm, drop: Drop): readonly PromptMessage[] {
	const writer = new PromptWriter(form, drop)
	const prompt: PromptMessage[] = []
	for (const [index, message] of messages.entries()) {
		const written = writer.write(message, index)
		const last = prompt.at(-1)
		// Results of parallel calls are one message.
		if (last?.role === 'tool' && written.role === 'tool')
			prompt[prompt.length - 1] = { role: 'tool', content: [...last.content, ...written.content] }
		else prompt.push(written)
	}
	return prompt
}

class PromptWriter {
	private readonly form: PromptForm
	private readonly drop: Drop
	private readonly names = new CallNames()

	constructor(form: PromptForm, drop: Drop) {
		this.form = form
		this.drop = drop
	}

	write(message: Message, index: number): PromptMessage {
		switch (message.role) {
			case 'system':
			case 'developer':
				return { role: 'system', content: textOf(message.content) }
			case 'user':
				return { role: 'user', content: this.writeUser(message, index) }
			case 'assistant':
				return { role: 'assistant', content: this.writeAssistant(message, index) }
			case 'tool':
				return { role: 'tool', content: [this.writeResult(message, index)] }
		}
	}

	private writeUser({ content }: UserMessage, index: number): readonly (PromptTextPart | PromptFile)[] {
		return content.map((part, position) => {
			if (part.type === 'text') return { type: 'text', text: part.text }
			if (part.type === 'provider-item') throw unknownItem(`messages[${index}].content[${position}]`)
			const file = readFile(part, `messages[${index}].content[${position}]`, this.form)
			return { type: 'file', ...file, data: fileData(file.data, this.form.version) }
		})
	}

	private writeAssistant({ content }: AssistantMessage, index: number): readonly PromptAnswerPart[] {
		return content.flatMap((part, position) => {
			const param = `messages[${index}].content[${position}]`
			switch (part.type) {
				case 'text':
				case 'refusal': {
					const providerOptions = readMetadata(part.rest, this.form.origin)
					if (part.text === '' && providerOptions === undefined) return []
					return [{ type: 'text' as const, text: part.text, providerOptions }]
				}
				case 'reasoning':
					return writeReasoning(part)
				case 'tool-call':
					return [this.writeCall(part)]
				case 'image':
				case 'audio':
					return this.writeAnswerFile(part, param)
				case 'provider-item':
					return this.writeItem(part, param)
				default:
					return part satisfies never
			}
		})
	}

	/** A URL that the upstream does not fetch is left out: the model knows its own answer. */
	private writeAnswerFile(part: ImagePart | AudioPart, param: string): readonly PromptFile[] {
		const { version, supportedUrls, origin } = this.form
		if (
			part.type === 'image' &&
			!/^data:/i.test(part.url) &&
			!isFetched(part.url, imageType(part.url), supportedUrls)
		) {
			this.drop(param)
			return []
		}
		const file = readFile(part, param, this.form)
		const providerOptions = readMetadata(part.rest, origin)
		return [{ type: 'file', ...file, data: fileData(file.data, version), providerOptions }]
	}

	private writeItem(item: ProviderItem, param: string): readonly PromptAnswerPart[] {
		const part = readItem(item, this.form.origin)
		if (part === undefined) this.drop(param)
		if (part === undefined) return []
		return [typeof part.data === 'string' ? { ...part, data: fileData(part.data, this.form.version) } : part]
	}

	private writeCall(call: ToolCall): PromptCall {
		this.names.add(call)
		return {
			type: 'tool-call',
			toolCallId: call.id,
			toolName: call.name,
			input: readInput(call),
			providerOptions: readSignature(call.signature),
		}
	}

	private writeResult(message: ToolMessage, index: number): PromptResult {
		const toolName = this.names.nameFor(message, index)
		const result = { type: 'tool-result', toolCallId: message.callId, toolName } as const
		if (message.content.every(({ type }) => type === 'text'))
			return { ...result, output: { type: message.isError ? 'error-text' : 'text', value: textOf(message.content) } }
		// The oldest version does not support URLs in tool results.
		const form = this.form.version === 'v2' ? { ...this.form, supportedUrls: {} } : this.form
		const value = message.content.map((part, position) => {
			if (part.type === 'text') return { type: 'text', text: part.text }
			if (part.type === 'provider-item') throw unknownItem(`messages[${index}].content[${position}]`)
			return resultFile[form.version](readFile(part, `messages[${index}].content[${position}]`, form))
		})
		return { ...result, output: { type: 'content', value } }
	}
}

interface ReadFile {
	readonly mediaType: string
	readonly filename?: string
	/** Base64, or the URL to fetch. */
	readonly data: string | URL
}

function readFile(part: ImagePart | AudioPart | FilePart, param: string, form: PromptForm): ReadFile {
	if (part.type === 'audio') return { mediaType: `audio/${part.format}`, data: part.data }
	const url = urlOf(part, param)
	const named = part.type === 'file' && part.name !== undefined ? { filename: part.name } : {}
	const inline = readDataUrl(url, param)
	if (inline !== undefined) return { ...inline, ...named }
	const mediaType = part.type === 'image' ? imageType(url) : (mediaTypeOf(url) ?? 'application/octet-stream')
	if (!URL.canParse(url) || !isFetched(url, mediaType, form.supportedUrls))
		throw new ChatError('unsupported', 'This upstream does not fetch this URL: send the content inline.', { param })
	return { mediaType, data: new URL(url), ...named }
}

function imageType(url: string): string {
	return mediaTypeOf(url) ?? 'image/*'
}

function fileData(data: string | URL, version: SpecificationVersion): string | URL | FileData {
	if (version !== 'v4') return data
	return typeof data === 'string' ? { type: 'data', data } : { type: 'url', url: data }
}

/** Files in a tool result. */
const resultFile: Readonly<Record<SpecificationVersion, (file: ReadFile) => object>> = {
	v2: ({ mediaType, data }) => ({ type: 'media', mediaType, data }),
	v3({ mediaType, filename, data }) {
		const kind = mediaType.startsWith('image/') ? 'image' : 'file'
		if (typeof data !== 'string')
			return { type: `${kind}-url`, url: data.href, mediaType: kind === 'file' ? mediaType : undefined }
		return { type: `${kind}-data`, data, mediaType, filename: kind === 'file' ? filename : undefined }
	},
	v4(file) {
		return { type: 'file', ...file, data: fileData(file.data, 'v4') }
	},
}

/** Without text and metadata there is nothing to write. */
function writeReasoning({ text, signature }: ReasoningPart): readonly PromptReasoning[] {
	const providerOptions = readSignature(signature)
	return text === '' && providerOptions === undefined ? [] : [{ type: 'reasoning', text, providerOptions }]
}

function unknownItem(param: string): ChatError {
	return new ChatError('unsupported', 'This model does not support this content.', { param })
}

/** Arguments as a JSON value. Free-form text and invalid JSON become `{ input: TEXT }`. */
function readInput(call: ToolCall): Json {
	if (call.kind === 'custom') return { input: call.arguments }
	const value = tryParseJson(call.arguments)
	return value === undefined ? { input: call.arguments } : (value as Json)
}
