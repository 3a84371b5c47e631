// GET /streams/{id}: a stream that outlived its connection, from any of its events on. Ours, beyond OpenAI's API: the id is what
// `x-dragoman-stream` told.

import { ChatError } from '../../chat/error.ts'
import type { Route } from '../dialect.ts'

export const readStream: Route = {
	method: 'GET',
	path: '/streams/{id}',
	read({ parameters: [id = ''], query }) {
		const after = query().get('after') ?? '0'
		if (!/^\d{1,9}$/.test(after))
			throw new ChatError('invalid-request', "Invalid 'after': expected how many events were read already.", {
				param: 'after',
			})
		const missing = () => new ChatError('not-found', `There is no stream '${id.slice(0, 100)}'.`, { param: 'id' })
		return { type: 'resume', turn: id, after: Number(after), missing }
	},
}
