// What the web page says about the service and its models, as the configuration writes it.

import { z } from 'zod'
import { labelFault } from '../keys/key.ts'

/** In characters. */
const [maxName, maxNotice] = [60, 400]

export const pageOptions = z
	.strictObject({
		name: z
			.string()
			.trim()
			.min(1)
			.refine((given) => labelFault(given) === undefined, { error: ({ input }) => labelFault(String(input)) ?? '' })
			.refine((given) => [...given].length <= maxName, `must have at most ${maxName} characters`)
			.meta({ examples: ['Chat of the hospital'] })
			.optional()
			.describe(`Name of the service on the web page, at most ${maxName} characters. Default: Dragoman.`),
		notice: z
			.record(
				z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be the tag of a language, such as en or fr'),
				z
					.string()
					.trim()
					.min(1)
					.refine((text) => [...text].length <= maxNotice, {
						error: ({ input }) => `has ${[...String(input)].length} characters; at most ${maxNotice} are permitted`,
					}),
			)
			.default({})
			.meta({ examples: [{ en: 'To models on our own machines.', fr: 'Vers des modèles sur nos machines.' }] })
			.describe(
				`Notice on the sign-in screen, in Markdown, by the tag of its language; at most ${maxNotice} characters each.`,
			),
		recommended: z
			.array(z.string().min(1).max(200))
			.default([])
			.meta({ examples: [['my-model']] })
			.describe('Models that the list of the web page shows first, in this order. The first one is preselected.'),
	})
	.prefault({})
	.describe('What the web page says about the service and its models.')
