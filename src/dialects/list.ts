// Every dialect, in the order of names.ts.

import { albert } from './albert/albert.ts'
import { alephAlpha } from './aleph-alpha/aleph-alpha.ts'
import { anthropic } from './anthropic/anthropic.ts'
import type { Dialect } from './dialect.ts'
import { egp } from './egp/egp.ts'
import { type DialectName, dialectNames } from './names.ts'
import { openai } from './openai/openai.ts'
import { opengatellm } from './opengatellm/opengatellm.ts'

const dialectOf: Readonly<Record<DialectName, Dialect>> = {
	openai,
	albert,
	opengatellm,
	egp,
	anthropic,
	'aleph-alpha': alephAlpha,
}

export const dialects: readonly Dialect[] = dialectNames.map((name) => dialectOf[name])
