// The schema of an error body of OpenAI's API, for descriptions of the API. error-writer.ts writes it.

import { z } from 'zod'

export const openaiErrorSchema = z.object({
	error: z.object({
		message: z.string(),
		type: z.string(),
		param: z.string().nullable().describe('The field of the request that is wrong.'),
		code: z.string().nullable(),
	}),
})
