// Every dialect, in the order in which their routes are claimed.

import { albert } from './albert/albert.ts'
import type { Dialect } from './dialect.ts'
import { openai } from './openai/openai.ts'

export const dialects: readonly Dialect[] = [openai, albert]
