import { contentFatesContract, ownValues } from '../../chat/content-fates.contract.ts'
import { messagesWire } from './formats.ts'
import { messageContentFates } from './message-content-fates.ts'
import { writeMessageRequest } from './message-request-writer.ts'

contentFatesContract('Messages requests', messageContentFates, ownValues(messagesWire), (request, drop) =>
	writeMessageRequest(request, {
		model: 'claude',
		form: { maxTokens: 500, thinking: 'effort', cache: 'client', systemMessages: 'user', schemaBounds: 'send' },
		stream: false,
		drop,
	}),
)
