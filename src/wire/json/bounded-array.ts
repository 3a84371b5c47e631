// Arrays of request schemas. Zod collects the errors of all elements, although only the first one is reported; these
// stop at the first wrong element, so that a body of wrong elements costs no more than a valid one.

import { z } from 'zod'

/** The trait of these schemas, by which tests recognize them. */
export const boundedArrayTrait = 'BoundedArray'

const BoundedArray = z.core.$constructor<z.ZodArray>(boundedArrayTrait, (schema, definition) => {
	z.ZodArray.init(schema, definition)
	const { element } = definition
	schema._zod.parse = (payload, context) => {
		const { value } = payload
		if (!Array.isArray(value)) {
			payload.issues.push({ expected: 'array', code: 'invalid_type', input: value, inst: schema })
			return payload
		}
		const read: unknown[] = []
		payload.value = read
		for (let index = 0; index < value.length; index++) {
			const result = element._zod.run({ value: value[index], issues: [] }, context)
			if (result instanceof Promise) throw new z.core.$ZodAsyncError()
			if (result.issues.length > 0) {
				payload.issues.push(...z.core.util.prefixIssues(index, result.issues))
				break
			}
			read.push(result.value)
		}
		return payload
	}
})

/** Like `z.array`, for the elements of requests. */
export function arrayOf<Element extends z.ZodType>(element: Element): z.ZodArray<Element> {
	return new BoundedArray({ type: 'array', element }) as unknown as z.ZodArray<Element>
}
