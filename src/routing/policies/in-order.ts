// The configured order: the first available upstream is used, the others are fallbacks.

import type { Policy } from '../policy.ts'

export const inOrder = (): Policy => ({ order: (members) => members })
