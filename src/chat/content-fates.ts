// How a writer treats each optional field of messages, parts and tools, and how the fields that it drops are reported.
// It knows no wire.

import { retained, visitInSteps } from '../system/resumable.ts'
import type { AssistantMessage, Part, SystemMessage, ToolMessage, UserMessage } from './message.ts'
import type { ChatRequest } from './request.ts'
import type { Drop, Fate } from './request-fates.ts'
import type { Tool } from './tool.ts'

/** They determine what `requestFor` sends; no wire has them. */
type Fact = 'contentWire' | 'substitute'
/** `RequestFates` has them. */
type RequestFact = 'cacheMark'
type MessageFact = RequestFact | 'name' | 'isError'

type OptionalFields<Owner, Excluded extends string = RequestFact> = {
	[Name in keyof Owner]-?: object extends Pick<Owner, Name> ? Name : never
}[Exclude<keyof Owner, Excluded | Fact>] &
	string

type FieldsOfTypes<Owner> = Owner extends { readonly type: infer Type extends string }
	? `${Type}.${OptionalFields<Owner>}`
	: never

/** By the role of a message, or the type of a part or tool, such as `user.rest` or `image.detail`. */
export type ContentField =
	| `system.${OptionalFields<SystemMessage, MessageFact>}`
	| `user.${OptionalFields<UserMessage, MessageFact>}`
	| `assistant.${OptionalFields<AssistantMessage, MessageFact>}`
	| `tool.${OptionalFields<ToolMessage, MessageFact>}`
	| FieldsOfTypes<Part>
	| FieldsOfTypes<Tool>

/**
 * A writer's table of fates, which has every field, so that a new one does not compile until each writer has an answer.
 * That of `rest` is for the fields of the writer's own wire; those of others are reported by `requestFor`.
 */
export type ContentFates = Readonly<Record<ContentField, Fate>>

/** Fields of `rest` are reported one by one, by `requestFor`. */
type ReportedField = Exclude<ContentField, `${string}.rest`>

/** Their names in OpenAI's API. */
const reportedNames: Readonly<Record<ReportedField, string>> = {
	'reasoning.signature': 'reasoning.signature',
	'reasoning.encrypted': 'reasoning.encrypted_content',
	'tool-call.signature': 'tool_calls.signature',
	'image.detail': 'image_url.detail',
	'file.id': 'file.file_id',
	'file.name': 'file.filename',
	'file.data': 'file.file_data',
	'file.url': 'file.file_url',
	'function.description': 'tools.description',
	'function.parameters': 'tools.parameters',
	'custom.description': 'tools.description',
	'custom.grammar': 'tools.format',
}

/** A function that reports the fields that a writer with these fates drops, each name once. */
export function contentReporter(
	fates: ContentFates,
): (request: Pick<ChatRequest, 'messages' | 'tools'>, drop: Drop) => void {
	const byField: ReadonlyMap<string, string> = new Map(Object.entries(reportedNames))
	const dropped = new Map<string, (readonly [field: string, name: string])[]>()
	for (const [path, fate] of Object.entries(fates)) {
		const name = byField.get(path)
		const [owner = '', field = ''] = path.split('.')
		if (fate !== 'dropped' || name === undefined) continue
		dropped.set(owner, [...(dropped.get(owner) ?? []), [field, name]])
	}
	return ({ messages, tools }, drop) => {
		const names = retained(messages, 'dropped content', () => new Set<string>())
		const report = (owner: string, given: object, to: Set<string>) => {
			const fields = dropped.get(owner)
			if (fields === undefined) return
			const values: ReadonlyMap<string, unknown> = new Map(Object.entries(given))
			for (const [field, name] of fields) if (!isUnset(values.get(field))) to.add(name)
		}
		visitInSteps(messages, 'dropped content', (message) => {
			report(message.role === 'developer' ? 'system' : message.role, message, names)
			const parts: readonly { readonly type: string }[] = message.content
			const ofParts = retained(parts, 'dropped content', () => new Set<string>())
			visitInSteps(parts, 'dropped content', (part) => report(part.type, part, ofParts))
			for (const name of ofParts) names.add(name)
		})
		for (const tool of tools) report(tool.type, tool, names)
		for (const name of names) drop(name)
	}
}

/** `auto` is the default of an image's detail. */
function isUnset(value: unknown): boolean {
	return value === undefined || value === 'auto'
}
