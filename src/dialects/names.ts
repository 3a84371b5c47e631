// The names of the dialects without their code, which most commands do not need, in the order in which a path is looked
// up if neither the request nor the defaults select one. list.ts has the dialects.

import type { DialectDefaults } from './choice.ts'

export const dialectNames = ['openai', 'albert', 'opengatellm', 'egp', 'anthropic', 'aleph-alpha'] as const

export type DialectName = (typeof dialectNames)[number]

/**
 * Defaults for paths that several dialects claim, unless configured. Below the root it is the dialect whose API never
 * had a version in its paths; OpenAI's dialect serves the paths that it does not claim.
 */
export const defaultDialects = { v1: 'openai', root: 'aleph-alpha' } as const satisfies DialectDefaults
