// The echo engine as the configuration sees it.

import { z } from 'zod'
import { engineKind } from '../kind.ts'
import { openEcho } from './echo.ts'

const options = z.strictObject({
	contextTokens: z.int().min(1).optional().describe('Longest prompt and answer together, in words.'),
})

export const echo = engineKind(options, async ({ contextTokens }, { clock }) =>
	openEcho({ clock, ...(contextTokens === undefined ? {} : { contextTokens }) }),
)
