// `?nice=true`: the request yields to all others.

import { ChatError } from '../../chat/error.ts'
import type { CallOptions } from '../call.ts'

/** @throws ChatError `invalid-request` for anything but a boolean. */
export function priorityOf(query: URLSearchParams): Pick<CallOptions, 'priority'> {
	const nice = query.get('nice')?.toLowerCase() ?? 'false'
	if (nice !== 'true' && nice !== 'false')
		throw new ChatError('invalid-request', "'nice' must be true or false.", { param: 'nice' })
	return nice === 'true' ? { priority: 'low' } : {}
}
