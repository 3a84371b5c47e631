// Arrays of request schemas. Zod collects the errors of all elements, although only the first one is reported; these
// stop at the first wrong element, so that a body of wrong elements costs no more than a valid one.

import { z } from 'zod'

/** The trait of these schemas, by which tests recognize them. */
export const boundedArrayTrait = 'BoundedArray'

const BoundedArray = z.core.$constructor<z.ZodArray>(boundedArrayTrait, (schema, definition) => {
	z.ZodArray.init(schema, definition)
	const { element } = definition
	const { parse } = schema._zod
	const maximum = Math.min(...z.core.util.sizeCaps(definition.checks).map(([most]) => most))
	schema._zod.parse = (payload, context) => {
		const { value } = payload
		// Zod refuses other values, and arrays that are too long, without reading elements.
		if (!Array.isArray(value) || value.length > maximum) return parse(payload, context)
		const read: unknown[] = []
		payload.value = read
		for (let index = 0; index < value.length; index++) {
			const result = element._zod.run({ value: value[index], issues: [] }, context)
			if (result instanceof Promise) throw new z.core.$ZodAsyncError()
			if (result.issues.length > 0) {
				payload.issues.push(...z.core.util.prefixIssues(index, result.issues))
				// The minimum length is checked after the elements.
				read.length = value.length
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
