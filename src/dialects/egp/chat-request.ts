// Reads a request of the versions 1 to 4 into the canonical request.

import type {
	AssistantMessage,
	ImagePart,
	Message,
	TextPart,
	ToolCall,
	ToolMessage,
	UserMessage,
} from '../../chat/message.ts'
import type { ChatRequest, EveryField, Sampling } from '../../chat/request.ts'
import type { ThreadMessages } from '../../conversations/thread.ts'
import type { SentMessage, SentParameters, SentTurn } from './chat-schema.ts'
import { writeInstructions } from './instructions.ts'

const defaultTemperature = 0.2

export interface ReadTurn {
	readonly request: ChatRequest
	/** The instructions, which the dialect added, and the client's messages. */
	readonly parts: ThreadMessages
}

/** @param byDefault instructions if the caller sends none. */
export function readTurn(turn: SentTurn, byDefault: string): ReadTurn {
	const remembered = remember(turn)
	const hasSystemMessage = remembered.some(({ role }) => role === 'system')
	const instructions = writeInstructions(turn.instructions, hasSystemMessage, byDefault)
	const incoming = readMessages(remembered)
	const parameters = turn.model_parameters ?? {}
	return {
		parts: { instructions, transient: [], incoming },
		request: readPlainRequest(turn.model, [...instructions, ...incoming], parameters),
	}
}

/** A request with everything that this API has parameters for. */
export function readPlainRequest(
	model: string,
	messages: readonly Message[],
	parameters: SentParameters,
): EveryField<ChatRequest> {
	return {
		model,
		messages,
		sampling: readSampling(parameters),
		maxTokens: parameters.max_tokens ?? undefined,
		stop: readStop(parameters),
		choices: 1,
		logprobs: undefined,
		tools: [],
		toolChoice: { type: 'none' },
		parallelToolCalls: false,
		responseFormat: { type: 'text' },
		reasoningEffort: parameters.reasoning_effort ?? undefined,
		reasoningTokens: undefined,
		user: undefined,
		passthrough: {},
		passthroughWire: undefined,
	}
}

/** The last k messages, preceded by a leading system message if there is one. */
function remember({ messages, memory_strategy: strategy }: SentTurn): readonly SentMessage[] {
	if (strategy == null) return messages
	const [first] = messages
	const opening = first?.role === 'system' ? [first] : []
	return [...opening, ...messages.slice(opening.length).slice(-strategy.params.k)]
}

function readSampling(parameters: SentParameters): EveryField<Sampling> {
	const topP = parameters.topP ?? parameters.top_p
	const topK = parameters.topK ?? parameters.top_k
	const { temperature, frequency_penalty: frequencyPenalty, presence_penalty: presencePenalty } = parameters
	return {
		temperature: temperature ?? defaultTemperature,
		topP: topP ?? undefined,
		topK: topK ?? undefined,
		minP: undefined,
		frequencyPenalty: frequencyPenalty ?? undefined,
		presencePenalty: presencePenalty ?? undefined,
		repetitionPenalty: undefined,
		logitBias: undefined,
		seed: undefined,
	}
}

function readStop({ stop_sequences: stop }: SentParameters): readonly string[] {
	return (stop ?? []).filter((text) => text !== '')
}

function readMessages(messages: readonly SentMessage[]): readonly Message[] {
	const calls = new UnansweredEgpCalls()
	return messages.map((message) => readMessage(message, calls))
}

/** Assigns ids, which this API lacks: a result belongs to the first earlier call without a result. */
class UnansweredEgpCalls {
	private readonly waiting: string[] = []
	private made = 0

	begin(): string {
		const id = `call_${this.made++}`
		this.waiting.push(id)
		return id
	}

	end(): string | undefined {
		return this.waiting.shift()
	}
}

function readMessage(message: SentMessage, calls: UnansweredEgpCalls): Message {
	switch (message.role) {
		case 'system':
			return { role: 'system', content: [{ type: 'text', text: message.content }] }
		case 'user':
			return readUserMessage(message)
		case 'assistant':
			return assistantMessage(message.content)
		case 'agent': {
			const { tool_request: request, content } = message
			if (request == null) return assistantMessage(content ?? '')
			const { name, arguments: given } = request
			return assistantMessage(content ?? '', {
				type: 'tool-call',
				kind: 'function',
				id: calls.begin(),
				name,
				arguments: given,
			})
		}
		case 'tool':
			return toolMessage(calls.end(), message)
	}
}

function assistantMessage(text: string, ...calls: readonly ToolCall[]): AssistantMessage {
	return { role: 'assistant', content: text === '' ? calls : [{ type: 'text', text }, ...calls] }
}

/** Output of a tool without a call becomes a message of the user. */
function toolMessage(
	callId: string | undefined,
	{ name, content: text }: Extract<SentMessage, { role: 'tool' }>,
): ToolMessage | UserMessage {
	if (callId !== undefined) return { role: 'tool', callId, content: [{ type: 'text', text }] }
	return { role: 'user', content: [{ type: 'text', text: `${name}: ${text}` }] }
}

function readUserMessage({ content }: Extract<SentMessage, { role: 'user' }>): UserMessage {
	if (typeof content === 'string') return { role: 'user', content: [{ type: 'text', text: content }] }
	return { role: 'user', content: content.map(readPart) }
}

type SentPart = Exclude<Extract<SentMessage, { role: 'user' }>['content'], string>[number]

function readPart(part: SentPart): TextPart | ImagePart {
	switch (part.type) {
		case 'text':
			return { type: 'text', text: part.text }
		case 'image_url': {
			const { url, detail } = part.image_url
			return { type: 'image', url, detail: detail ?? undefined }
		}
		case 'image_data': {
			const { data, media_type: type, detail } = part.image_data
			return { type: 'image', url: `data:${type};base64,${data}`, detail: detail ?? undefined }
		}
	}
}
