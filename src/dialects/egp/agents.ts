// POST …/agents/execute: the only operation of the versions 1 to 4 with tools. The model answers or requests one call.

import type { Choice, Completion } from '../../chat/completion.ts'
import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { AssistantPart, ToolCall } from '../../chat/message.ts'
import { toolCallsOf } from '../../chat/parts.ts'
import type { FunctionTool } from '../../chat/tool.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import type { Call, Route } from '../dialect.ts'
import { unsupportedPartsOf } from '../unsupported-parts.ts'
import { accountOf } from './account.ts'
import { readTurn } from './chat-request.ts'
import { agentSchema, type SentAgentTool } from './chat-schema.ts'
import { droppedOfTurn } from './dropped-fields.ts'
import { choiceText } from './envelope-writer.ts'
import { defaultAgentInstructions } from './instructions.ts'

export const agents: readonly Route[] = ['/v1', '/v2', '/v3', '/v4'].map((version) => ({
	method: 'POST',
	path: `${version}/agents/execute`,
	bodySchema: agentSchema,
	read({ body, headers }): Call {
		const parsed = agentSchema.safeParse(body)
		if (!parsed.success) throw schemaError(parsed.error, body)
		const { request, parts } = readTurn(parsed.data, defaultAgentInstructions)
		const tools = parsed.data.tools.map(readTool)
		checkNames(tools)
		return {
			type: 'chat',
			request: { ...request, tools, toolChoice: { type: 'auto' } },
			parts,
			stream: false,
			writer: { completion: writeAction, unsupportedParts, stream: () => ({ write: () => '' }) },
			dropped: droppedOfTurn(parsed.data, agentSchema.shape),
			...accountOf(headers),
		}
	},
}))

/** Names of tools are unique. */
function checkNames(tools: readonly FunctionTool[]): void {
	const names = new Set<string>()
	for (const [index, { name }] of tools.entries()) {
		if (names.has(name))
			throw new ChatError('invalid-request', `Names of tools should be unique: '${name}' occurs more than once.`, {
				param: `tools[${index}].name`,
			})
		names.add(name)
	}
}

function readTool({ name, description, arguments: described }: SentAgentTool): FunctionTool {
	const properties = described.properties ?? {}
	const required = Object.keys(properties).filter((argument) => properties[argument]?.default === undefined)
	const parameters = { ...described, properties, required: required.length === 0 ? undefined : required }
	return { type: 'function', name, description, parameters: parameters as JsonObject, strict: false }
}

function writeAction({ choices }: Completion): object {
	const [choice] = choices
	const call = requestedCall(choice)
	return call === undefined
		? { action: 'content', context: { content: choiceText(choice), tool_request: null } }
		: {
				action: 'tool_request',
				context: { content: null, tool_request: { name: call.name, arguments: call.arguments } },
			}
}

function requestedCall(choice: Choice | undefined): ToolCall | undefined {
	return toolCallsOf(choice?.parts ?? [])[0]
}

/** An action is one call, or a text without calls. */
function unsupportedParts(completion: Completion): readonly string[] {
	const call = requestedCall(completion.choices[0])
	const hasPart = (part: AssistantPart) =>
		call === undefined ? part.type === 'text' || part.type === 'refusal' : part === call
	return unsupportedPartsOf({ hasPart })(completion)
}
