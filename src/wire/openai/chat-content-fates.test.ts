import { contentFatesContract, ownValues } from '../../chat/content-fates.contract.ts'
import { chatContentFates } from './chat-content-fates.ts'
import { chatRequestForm } from './chat-request-form.ts'
import { writeChatRequest } from './chat-request-writer.ts'
import { openaiWire } from './formats.ts'

contentFatesContract('OpenAI requests', chatContentFates, ownValues(openaiWire), (request, drop) =>
	writeChatRequest(request, { model: 'm', form: chatRequestForm({}), stream: false, drop }),
)
