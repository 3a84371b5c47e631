// Every dialect, in the order in which they are asked for a path that none of them is preferred for.

import { albert } from './albert/albert.ts'
import { alephAlpha } from './aleph-alpha/aleph-alpha.ts'
import { anthropic } from './anthropic/anthropic.ts'
import type { DialectDefaults } from './choice.ts'
import type { Dialect } from './dialect.ts'
import { egp } from './egp/egp.ts'
import { openai } from './openai/openai.ts'
import { opengatellm } from './opengatellm/opengatellm.ts'

export const dialects: readonly Dialect[] = [openai, albert, opengatellm, egp, anthropic, alephAlpha]

/**
 * Who is meant on paths that several dialects claim, unless the configuration says otherwise. Below the root that is whoever never had a
 * version in its paths; what it does not claim is OpenAI's.
 */
export const defaultDialects: DialectDefaults = { v1: openai.name, root: alephAlpha.name }
