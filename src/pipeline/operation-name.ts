// The name of a call in the request log and in traces. Operations on stored objects of one kind share a name.

import type { Call } from '../dialects/dialect.ts'
import type { ConversationOperationType } from '../dialects/local-operation.ts'
import { isConversationOperation } from './conversation-operations.ts'

export function operationName(call: Call): string {
	return isConversationOperation(call) ? 'stored' : names[call.type]
}

const names: Readonly<Record<Exclude<Call['type'], ConversationOperationType>, string>> = {
	chat: 'chat',
	complete: 'complete',
	embed: 'embed',
	rerank: 'rerank',
	transcribe: 'transcribe',
	tokenize: 'tokenize',
	detokenize: 'detokenize',
	count: 'count',
	'models.list': 'list-models',
	'models.find': 'show-model',
	'streams.read': 'resume',
	'turns.cancel': 'cancel',
	'usage.sum': 'usage',
	'usage.records': 'entries',
	'keys.create': 'keys',
	'keys.list': 'keys',
	'keys.find': 'keys',
	'keys.revoke': 'keys',
	'caller.show': 'who',
	constant: 'constant',
}
