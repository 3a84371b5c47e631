// Arrays of request schemas. Zod collects the errors of all elements, although only the first one is reported; these
// stop at the first wrong element, so that a body of wrong elements costs no more than a valid one.

import { z } from 'zod'
import { findInSteps, resultsOf } from '../../system/resumable.ts'

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
		const list = resultsOf(value, schema)
		payload.value = list
		const failed = findInSteps(value, schema, (one) => {
			const result = element._zod.run({ value: one, issues: [] }, context)
			if (result instanceof Promise) throw new z.core.$ZodAsyncError()
			if (result.issues.length > 0) return result
			list.push(result.value)
			return undefined
		})
		if (failed !== undefined) {
			payload.issues.push(...z.core.util.prefixIssues(list.length, failed.issues))
			// The minimum length is checked after the elements.
			const whole = [...list]
			whole.length = value.length
			payload.value = whole
		}
		return payload
	}
})

/** Like `z.array`, for the elements of requests. */
export function arrayOf<Element extends z.ZodType>(element: Element): z.ZodArray<Element> {
	return new BoundedArray({ type: 'array', element }) as unknown as z.ZodArray<Element>
}
