// Objects with many members in request schemas, which are read in steps: some members at a time, each time by Zod's own record.

import { z } from 'zod'
import { isObject } from '../../chat/json.ts'
import { isInSteps, mapInSteps, namesOf, retained } from '../../system/resumable.ts'

/** Members that are read in one step. */
const membersPerStep = 64

const SteppedRecord = z.core.$constructor<z.ZodRecord>('SteppedRecord', (schema, definition) => {
	z.ZodRecord.init(schema, definition)
	const { parse } = schema._zod
	schema._zod.parse = (payload, context) => {
		const { value } = payload
		if (!isInSteps() || !isObject(value)) return parse(payload, context)
		const names = namesOf(value)
		if (names.length <= membersPerStep) return parse(payload, context)
		const groups = retained(value, 'groups', () =>
			Array.from({ length: Math.ceil(names.length / membersPerStep) }, (_, at) =>
				names.slice(at * membersPerStep, (at + 1) * membersPerStep),
			),
		)
		const read = mapInSteps(groups, schema, (group) => {
			const members = Object.fromEntries(group.map((name) => [name, value[name]]))
			const result = parse({ value: members, issues: [] }, context)
			if (result instanceof Promise) throw new z.core.$ZodAsyncError()
			return result
		})
		payload.value = Object.assign({}, ...read.map((group) => group.value))
		// The schemas around this one extend the paths.
		for (const { issues } of read)
			payload.issues.push(...issues.map((issue) => ({ ...issue, path: [...(issue.path ?? [])] })))
		return payload
	}
})

/** Like `z.record`, for the objects of requests that may have thousands of members. */
export function recordOf<Key extends z.core.$ZodRecordKey, Value extends z.ZodType>(
	key: Key,
	value: Value,
): z.ZodRecord<Key, Value> {
	return new SteppedRecord({ type: 'record', keyType: key, valueType: value }) as unknown as z.ZodRecord<Key, Value>
}
