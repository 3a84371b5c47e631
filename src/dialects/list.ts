// Every dialect, in the order in which a path is looked up if neither the request nor the defaults select one.

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
 * Defaults for paths that several dialects claim, unless configured. Below the root it is the dialect whose API never
 * had a version in its paths; OpenAI's dialect serves the paths that it does not claim.
 */
export const defaultDialects: DialectDefaults = { v1: openai.name, root: alephAlpha.name }
