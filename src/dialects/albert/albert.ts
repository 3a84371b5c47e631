// Albert API as it was in 2024: the conversations that its chat requests keep by `user` and `id`, read again. Its other paths are
// OpenAI's.

import type { ChatError } from '../../chat/error.ts'
import { statusOf } from '../../wire/openai/error-writer.ts'
import type { Dialect, WrittenError } from '../dialect.ts'
import { listHistory, showHistory } from './history.ts'

export const albert: Dialect = {
	name: 'albert',
	mount: '/albert',
	prefixes: ['/v1', ''],
	routes: [listHistory, showHistory],
	writeError,
	headers: () => ({}),
}

function writeError(error: ChatError): WrittenError {
	return { status: statusOf(error), body: { detail: error.message }, headers: { 'x-dragoman-error': error.kind } }
}
