// What the contract suite sends to the dialect of Scale's platform, and how clients read its answers.

import {
	at,
	type DialectSample,
	type SampleAnswerReader,
	type SampleRequest,
	sampleModel,
} from '../dialect-sample.testing.ts'
import { chatReader, textCompletionReader } from '../openai-family/answer-readers.testing.ts'
import { chatRequest, textCompletionRequest } from '../openai-family/requests.testing.ts'
import { egp } from './egp.ts'

const earlier = ['/v1', '/v2', '/v3', '/v4']
const messages = [{ role: 'user', content: 'Hello.' }]
const tool = {
	name: 'look',
	description: 'Looks.',
	arguments: { type: 'object', properties: { place: { type: 'string', description: 'Where.' } } },
}
const deployed = { parameters: [sampleModel] }

/** One entry for each of the earlier versions. */
function each<Value>(method: string, path: string, value: Value): Readonly<Record<string, Value>> {
	return Object.fromEntries(earlier.map((version) => [`${method} ${version}${path}`, value]))
}

const onlyText = 'an envelope contains one text'
const envelopeDrops = {
	reasoning: onlyText,
	'tool-call': onlyText,
	'tool-arguments': onlyText,
	image: onlyText,
	audio: onlyText,
	'provider-item': onlyText,
	rest: onlyText,
	error: 'the stream is cut',
}

function envelopeReader(text: (body: unknown) => unknown, isEnd: (event: unknown) => boolean): SampleAnswerReader {
	return { text, textPiece: text, isEnd, readErrorEvent: () => undefined, drops: envelopeDrops }
}

const hasUsage = (event: unknown) => at(event, 'token_usage') !== null
const chatEnvelope = envelopeReader((body) => at(body, 'chat_completion', 'message', 'content'), hasUsage)
const completionEnvelope = envelopeReader((body) => at(body, 'completion', 'text'), hasUsage)
const deploymentEnvelope = envelopeReader(
	(body) => at(body, 'completions', 0, 0),
	(event) => at(event, 'prompt_tokens') !== undefined,
)

/** The official client parses every line as JSON, so there is no end mark. */
function withoutEndMark(reader: SampleAnswerReader): SampleAnswerReader {
	return {
		...reader,
		isEnd: (event) => typeof at(event, 'choices', 0, 'finish_reason') === 'string',
		drops: { ...reader.drops, finish: 'usage is written if `stream_options` requests it' },
	}
}
const laterChat = withoutEndMark(chatReader)
const laterCompletions = withoutEndMark(textCompletionReader)

const agentRequest: SampleRequest = { body: { model: sampleModel, messages, tools: [tool] } }

export const sample: DialectSample = {
	dialect: egp,
	requests: {
		...each('POST', '/chat-completions', { body: { model: sampleModel, messages } }),
		...each('POST', '/completions', { body: { model: sampleModel, prompt: 'Hello.' } }),
		...each('POST', '/agents/execute', agentRequest),
		'POST /v4/beta/chat/completions': chatRequest,
		'POST /v5/chat/completions': chatRequest,
		'POST /v5/completions': textCompletionRequest,
		'POST /v4/models/{model}/chat-completions': { ...deployed, body: { prompt: 'Hello.' } },
		'POST /v4/models/{model}/completions': { ...deployed, body: { prompt: 'Hello.' } },
		'POST /v4/models/{model}/embeddings': { ...deployed, body: { texts: ['Hello.'] } },
		'POST /v4/models/{model}/rerankings': { ...deployed, body: { query: 'cats', documents: ['cats sleep'] } },
		'GET /v2/models': {},
		'GET /v4/models': {},
		'GET /v5/models': {},
		'GET /v5/chat/completions/models': {},
		'GET /v5/models/{id}': deployed,
		'GET /user-info': {},
	},
	answers: {
		...each('POST', '/chat-completions', chatEnvelope),
		...each('POST', '/completions', completionEnvelope),
		...each<SampleAnswerReader>('POST', '/agents/execute', {
			...chatEnvelope,
			text: (body) => at(body, 'context', 'content'),
			toolArguments: (body) => at(body, 'context', 'tool_request', 'arguments'),
			unaryOnly: 'the API has no streams of agents',
		}),
		'POST /v4/beta/chat/completions': laterChat,
		'POST /v5/chat/completions': laterChat,
		'POST /v5/completions': laterCompletions,
		'POST /v4/models/{model}/chat-completions': deploymentEnvelope,
		'POST /v4/models/{model}/completions': deploymentEnvelope,
	},
	readError: (body) => at(body, 'detail', 0, 'msg') ?? at(body, 'detail'),
}
