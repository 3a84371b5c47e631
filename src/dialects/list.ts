// Every dialect, in the order in which their routes are claimed.

import type { Dialect } from './dialect.ts'
import { openai } from './openai/openai.ts'

export const dialects: readonly Dialect[] = [openai]
