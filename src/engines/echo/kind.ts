// Configuration of the echo engine.

import { z } from 'zod'
import { tokenCount } from '../../fields/amount.ts'
import { engineKind } from '../kind.ts'

const options = z.strictObject({
	contextTokens: tokenCount(1)
		.optional()
		.describe("Size of the context window (prompt and completion together), in the echo engine's tokens."),
})

export const echo = engineKind(
	options,
	async ({ contextTokens }, { clock }) => {
		const { openEcho } = await import('./echo.ts')
		return openEcho({ clock, contextTokens })
	},
	{ isLocal: true, followsOpenAI: () => true },
)
