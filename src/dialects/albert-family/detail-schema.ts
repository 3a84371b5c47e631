// The schema of an error body in the format of FastAPI, for descriptions of the API. detail-error.ts writes it.

import { z } from 'zod'

/** A text, or a list if a field of the request is invalid. */
export const detailSchema = z.union([
	z.string(),
	z.array(
		z.object({
			loc: z.array(z.union([z.string(), z.int()])).describe('The path to the invalid field, from `body`.'),
			msg: z.string(),
			type: z.string(),
		}),
	),
])

export const detailErrorSchema = z.object({ detail: detailSchema })
