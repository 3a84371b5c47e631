// GET /streams/{id}: resumes a stored stream after any of its events. An extension to OpenAI's API: the id is the value
// of the response header `x-dragoman-stream`.

import { ChatError } from '../../chat/error.ts'
import { readTurnId } from '../../conversations/turn-id.ts'
import type { Route } from '../dialect.ts'

export const readStream: Route = {
	method: 'GET',
	path: '/streams/{id}',
	read({ parameters: [id = ''], query }) {
		const after = query().get('after') ?? '0'
		if (!/^\d{1,9}$/.test(after))
			throw new ChatError('invalid-request', "Invalid 'after': expected the number of events already read.", {
				param: 'after',
			})
		const notFound = () =>
			new ChatError('not-found', `Stream with id '${id.slice(0, 100)}' not found.`, { param: 'id' })
		const turn = readTurnId(id)
		if (turn === undefined) throw notFound()
		return { type: 'streams.read', turn, after: Number(after), notFound }
	},
}
