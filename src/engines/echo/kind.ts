// The echo engine as the configuration sees it.

import { z } from 'zod'
import { tokenCount } from '../../fields/amount.ts'
import { engineKind } from '../kind.ts'
import { openEcho } from './echo.ts'

const options = z.strictObject({
	contextTokens: tokenCount(1).optional().describe('Longest prompt and answer together, in words.'),
})

export const echo = engineKind(options, async ({ contextTokens }, { clock }) => openEcho({ clock, contextTokens }))
