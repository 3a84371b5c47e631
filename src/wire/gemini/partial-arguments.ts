// Arguments of a call that arrive in pieces, each with the path of its value. Pieces of a text are concatenated.

import { ChatError } from '../../chat/error.ts'
import { isObject, type JsonObject } from '../../chat/json.ts'
import { exactMembers } from '../../chat/json-text.ts'
import { QuotingError } from '../../chat/quoting-error.ts'
import { textField } from '../json/fields.ts'

/**
 * The arguments with the values of `pieces`, a list of `partialArgs`.
 *
 * @throws ChatError `upstream-failed` for a path that the arguments cannot have.
 */
export function addPartialArguments(given: JsonObject, pieces: readonly unknown[]): JsonObject {
	let args: unknown = given
	for (const piece of pieces) {
		const path = readPath(textField(piece, 'jsonPath') ?? '')
		args = withValue(args, path, (earlier) => readValue(piece, earlier))
	}
	return args as JsonObject
}

function readValue(piece: unknown, earlier: unknown): unknown {
	if (!isObject(piece)) return earlier
	const { stringValue, numberValue, boolValue } = exactMembers(piece)
	if (typeof stringValue === 'string') return typeof earlier === 'string' ? earlier + stringValue : stringValue
	return numberValue ?? boolValue ?? null
}

/** The names and indexes of a path such as `$.rooms[0].name` or `$['a b']`. */
function readPath(path: string): readonly (string | number)[] {
	const steps: (string | number)[] = []
	let end = 1
	for (const { 0: text, 1: name, 2: index, 3: quoted, index: at } of path.matchAll(step)) {
		if (at !== end) throw invalid(path)
		end += text.length
		steps.push(index === undefined ? (name ?? quoted ?? '') : Number(index))
	}
	if (!path.startsWith('$') || end !== path.length || typeof steps[0] !== 'string') throw invalid(path)
	return steps
}

const step = /\.([^.[\]]+)|\[(\d{1,6})\]|\[(?:'|")(.*?)(?:'|")\]/g

/** A copy of `given` in which `update` has changed the value at `path`. */
function withValue(given: unknown, path: readonly (string | number)[], update: (earlier: unknown) => unknown): unknown {
	const [name, ...others] = path
	if (name === undefined) return update(given)
	if (typeof name === 'number') {
		const list: unknown[] = Array.isArray(given) ? [...exactMembers(given)] : []
		if (name > list.length) throw invalid(`[${name}]`)
		list[name] = withValue(list[name], others, update)
		return list
	}
	const object = isObject(given) ? { ...exactMembers(given) } : {}
	const value = withValue(Object.hasOwn(object, name) ? object[name] : undefined, others, update)
	// An assignment would set the prototype if the name is `__proto__`.
	Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
	return object
}

function invalid(path: string): ChatError {
	return new ChatError('upstream-failed', 'The model made an invalid tool call.', {
		sent: 'yes',
		cause: new QuotingError('path of an argument', path.slice(0, 100)),
	})
}
