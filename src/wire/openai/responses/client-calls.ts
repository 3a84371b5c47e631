// Calls of tools that the client runs: as items, and as calls of the functions that a model sees. Of arguments in a wrong
// form, the readable fields are used: the item always has the form that its client expects.

import { isObject, type JsonObject } from '../../../chat/json.ts'
import { exactMembers, stringifyJson } from '../../../chat/json-text.ts'
import type { Rest } from '../../../chat/rest.ts'
import { tryParseJson } from '../../../chat/try-parse-json.ts'
import { asList, asText, field, listField, numberField, textField } from '../../json/fields.ts'
import type { ClientCallType } from './client-tools.ts'
import { type Location, parseAt } from './content-reader.ts'
import { unknownFields } from './item-rest.ts'
import { clientCallItems } from './item-schema.ts'

/** A call as it is read from its item. */
export interface ReadClientCall {
	readonly id: string
	/** JSON text, as the function's parameters describe it. */
	readonly arguments: string
	readonly rest: Rest | undefined
}

/** @throws ChatError `invalid-request` for an invalid item. */
export function readClientCall(type: ClientCallType, item: unknown, at: Location): ReadClientCall {
	const { call_id: id, environment } = parseAt(clientCallItems[type], item, at)
	const isPlain = textField(environment, 'type') === 'local' && listField(environment, 'skills').length === 0
	const known = isPlain ? { environment: true } : {}
	const { environment: _, ...shape } = clientCallItems[type].shape
	const rest = withoutDirectCaller(item, { ...shape, ...known })
	return { id, arguments: stringifyJson(argumentsOf(type, item)), rest }
}

/** That the model called the tool itself, not through a program, is no information. */
function withoutDirectCaller(item: unknown, known: object): Rest | undefined {
	return unknownFields(item, textField(field(item, 'caller'), 'type') === 'direct' ? { ...known, caller: true } : known)
}

function argumentsOf(type: ClientCallType, item: unknown): unknown {
	switch (type) {
		case 'shell_call':
			return givenMembers(field(item, 'action'))
		case 'local_shell_call': {
			const { type: _, ...action } = givenMembers(field(item, 'action'))
			return action
		}
		case 'apply_patch_call':
			return givenMembers(field(item, 'operation'))
		case 'computer_call': {
			const action = field(item, 'action')
			return action == null ? { actions: field(item, 'actions') ?? [] } : { action }
		}
		case 'tool_search_call': {
			const given = field(item, 'arguments')
			return typeof given === 'string' ? (tryParseJson(given) ?? {}) : (given ?? {})
		}
		default:
			return type satisfies never
	}
}

function givenMembers(object: unknown): Readonly<Record<string, unknown>> {
	if (!isObject(object)) return {}
	return Object.fromEntries(
		Object.entries(exactMembers(object)).filter(([, value]) => value != null && !isEmpty(value)),
	)
}

function isEmpty(value: unknown): boolean {
	return isObject(value) && Object.keys(value).length === 0
}

/** The fields of the item with what the client is to run, from the arguments of a call, which may be incomplete. */
export function writeClientCall(type: ClientCallType, text: string): JsonObject {
	const value = tryParseJson(text)
	// Some models write the command alone.
	const given = isObject(value) ? exactMembers(value) : { command: value }
	switch (type) {
		case 'shell_call':
			return {
				action: {
					commands: textsOf(given.commands ?? given.command),
					timeout_ms: numberField(given, 'timeout_ms') ?? null,
					max_output_length: numberField(given, 'max_output_length') ?? null,
				},
				environment: { type: 'local' },
			}
		case 'local_shell_call':
			return {
				action: {
					type: 'exec',
					command: typeof given.command === 'string' ? ['sh', '-c', given.command] : textsOf(given.command),
					env: environmentOf(given.env),
					timeout_ms: numberField(given, 'timeout_ms'),
					user: textField(given, 'user'),
					working_directory: textField(given, 'working_directory'),
				},
			}
		case 'apply_patch_call':
			return { operation: writeOperation(isObject(given.operation) ? given.operation : given) }
		case 'computer_call':
			return {
				...writeActions(given),
				pending_safety_checks: [],
			}
		case 'tool_search_call':
			return { arguments: isObject(value) ? (value as JsonObject) : {}, execution: 'client' }
		default:
			return type satisfies never
	}
}

/** One change of a file. */
export function writeOperation(given: Readonly<Record<string, unknown>>): JsonObject {
	const path = asText(given.path) ?? ''
	if (given.type === 'delete_file') return { type: 'delete_file', path }
	const type = given.type === 'create_file' ? 'create_file' : 'update_file'
	return { type, path, diff: asText(given.diff) ?? '' }
}

/** One action, or several: a client knows which of the two its tool has. */
function writeActions(given: Readonly<Record<string, unknown>>): JsonObject {
	const action = isObject(given.action) ? given.action : given
	// The arguments are parsed JSON.
	if (textField(action, 'type') !== undefined) return { action: action as JsonObject }
	return { actions: asList(given.actions).filter(isObject) as readonly JsonObject[] }
}

function textsOf(value: unknown): readonly string[] {
	return typeof value === 'string' ? [value] : asList(value).filter((one) => typeof one === 'string')
}

function environmentOf(value: unknown): JsonObject {
	if (!isObject(value)) return {}
	return Object.fromEntries(
		Object.entries(value).flatMap(([name, one]) => (typeof one === 'string' ? [[name, one]] : [])),
	)
}
