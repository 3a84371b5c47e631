// The caller's metadata, within OpenAI's bounds.

import { z } from 'zod'

export const metadataSchema = z
	.record(z.string().max(64), z.string().max(512))
	.refine((pairs) => Object.keys(pairs).length <= 16, { error: 'at most 16 pairs' })
