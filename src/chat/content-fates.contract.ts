// The contract suite of a request writer: it does with each optional field of messages, parts and tools what its table
// of fates states.

import type { ContentFates, ContentField } from './content-fates.ts'
import { fatesContract, type RequestPair } from './fates.contract.ts'
import type { JsonObject } from './json.ts'
import type {
	AssistantMessage,
	AssistantPart,
	Message,
	SystemMessage,
	ToolMessage,
	UserMessage,
	UserPart,
} from './message.ts'
import { plainRequest } from './request.testing.ts'
import type { ChatRequest } from './request.ts'
import type { Drop } from './request-fates.ts'
import type { Rest } from './rest.ts'
import type { CustomTool, FunctionTool } from './tool.ts'

const user: UserMessage = { role: 'user', content: [{ type: 'text', text: 'hi' }] }

function withMessages(...messages: readonly Message[]): ChatRequest {
	return { ...plainRequest, messages }
}

/** What the writer's own wire has in fields that the canonical model does not understand. */
export interface OwnValues {
	readonly wire: string
	readonly fields: JsonObject
	readonly signature: string
}

/** For each field, two requests that differ in it only. A new field does not compile until it is here. */
function differences({ wire, fields, signature: value }: OwnValues): Readonly<Record<ContentField, RequestPair>> {
	const rest: Rest = { wire, fields }
	const signature = { wire, value }
	const text = { type: 'text', text: 'hi' } as const
	const given = (part: UserPart, without?: UserPart): RequestPair => [
		withMessages({ role: 'user', content: [text, part] }),
		withMessages({ role: 'user', content: without === undefined ? [text] : [text, without] }),
	]
	const answered = (part: AssistantPart, without: AssistantPart): RequestPair => {
		const conversation = (content: AssistantPart): ChatRequest =>
			withMessages(user, { role: 'assistant', content: [content, text] }, user)
		return [conversation(part), conversation(without)]
	}
	const call = { type: 'tool-call', kind: 'function', id: 'call_1', name: 'f', arguments: '{}' } as const
	const called = (part: AssistantPart, result: Partial<ToolMessage> = {}): ChatRequest =>
		withMessages(
			user,
			{ role: 'assistant', content: [part] },
			{ role: 'tool', callId: 'call_1', content: [text], ...result },
		)
	const withTool = (tool: FunctionTool | CustomTool): ChatRequest => ({
		...plainRequest,
		tools: [tool],
		toolChoice: { type: 'required' },
	})
	const functionTool: FunctionTool = { type: 'function', name: 'f', strict: false }
	const customTool: CustomTool = { type: 'custom', name: 'c' }
	const system: SystemMessage = { role: 'system', content: [text] }
	const assistant: AssistantMessage = { role: 'assistant', content: [text] }
	const image = { type: 'image', url: 'data:image/png;base64,AA==' } as const
	const audio = { type: 'audio', data: 'AA==', format: 'wav' } as const
	const file = { type: 'file', name: 'a.pdf', data: 'data:application/pdf;base64,AA==' } as const
	const reasoning = { type: 'reasoning', text: 'Well.' } as const
	const refusal = { type: 'refusal', text: 'No.' } as const
	return {
		'system.rest': [withMessages({ ...system, rest }, user), withMessages(system, user)],
		'user.rest': [withMessages({ ...user, rest }), withMessages(user)],
		'assistant.rest': [withMessages(user, { ...assistant, rest }, user), withMessages(user, assistant, user)],
		'tool.rest': [called(call, { rest }), called(call)],
		'text.rest': answered({ ...text, rest }, text),
		'reasoning.signature': answered({ ...reasoning, signature }, reasoning),
		'reasoning.encrypted': answered({ ...reasoning, signature, encrypted: true }, { ...reasoning, signature }),
		'reasoning.rest': answered({ ...reasoning, signature, rest }, { ...reasoning, signature }),
		'tool-call.signature': [called({ ...call, signature }), called(call)],
		'tool-call.rest': [called({ ...call, rest }), called(call)],
		'refusal.rest': answered({ ...refusal, rest }, refusal),
		'image.detail': given({ ...image, detail: 'low' }, image),
		'image.rest': given({ ...image, rest }, image),
		'audio.rest': given({ ...audio, rest }, audio),
		'file.id': given({ type: 'file', id: 'file_1' }),
		'file.name': given(file, { ...file, name: undefined }),
		'file.data': given(file),
		'file.url': given({ type: 'file', name: 'a.pdf', url: 'https://files.test/a.pdf' }),
		'file.rest': given({ ...file, rest }, file),
		'function.description': [withTool({ ...functionTool, description: 'd' }), withTool(functionTool)],
		'function.parameters': [
			withTool({
				...functionTool,
				parameters: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
			}),
			withTool(functionTool),
		],
		'function.rest': [withTool({ ...functionTool, rest }), withTool(functionTool)],
		'custom.description': [withTool({ ...customTool, description: 'd' }), withTool(customTool)],
		'custom.grammar': [
			withTool({ ...customTool, grammar: { syntax: 'regex', definition: 'a+' } }),
			withTool(customTool),
		],
		'custom.rest': [withTool({ ...customTool, rest }), withTool(customTool)],
	}
}

/** Values of a wire that returns any field and any signature. */
export function ownValues(wire: string): OwnValues {
	return { wire, fields: { trial_field: 1 }, signature: 'c2lnbmVk' }
}

/**
 * @param own undefined if the writer has no wire.
 * @param write writes a request, and calls `drop` for each part that it leaves out.
 */
export function contentFatesContract(
	name: string,
	fates: ContentFates,
	own: OwnValues | undefined,
	write: (request: ChatRequest, drop: Drop) => unknown,
): void {
	fatesContract(`${name} in messages, parts and tools`, fates, differences(own ?? ownValues('foreign')), write)
}
