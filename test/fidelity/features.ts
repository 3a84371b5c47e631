// Features of requests and responses: the rows of docs/fidelity.md.

export const requestFeatures = {
	system: 'system message',
	developer: 'developer message',
	laterSystem: 'system message within the conversation',
	image: 'image, inline',
	imageUrl: 'image by URL',
	audio: 'audio',
	file: 'file (PDF)',
	tools: 'tools',
	toolChoice: 'tool choice: one tool',
	toolChoiceRequired: 'tool choice: required',
	parallelOff: 'parallel tool calls disabled',
	toolResult: 'tool calls and results of earlier turns',
	toolFailure: 'tool result with an error',
	toolImage: 'image in a tool result',
	jsonSchema: 'JSON schema',
	jsonObject: 'JSON mode, no schema',
	maxTokens: 'token limit',
	stop: 'stop sequences',
	temperature: 'temperature',
	topP: 'top_p',
	topK: 'top_k',
	frequencyPenalty: 'frequency penalty',
	logitBias: 'logit bias',
	seed: 'seed',
	logprobs: 'log probabilities',
	choices: 'several choices (n)',
	effort: 'reasoning effort',
	budget: 'reasoning token limit',
	thinkingOff: 'reasoning disabled',
	user: 'end-user id',
	cacheMark: 'prompt-cache breakpoints',
	ownField: 'vendor-specific field',
} as const

export type RequestFeature = keyof typeof requestFeatures

export const answerFeatures = {
	text: 'text',
	reasoning: 'reasoning',
	proof: 'reasoning signature',
	calls: 'parallel tool calls',
	callsStreamed: 'parallel tool calls, streaming',
	length: 'finish reason: token limit',
	filtered: 'finish reason: content filter',
	stopText: 'matched stop sequence',
	refusal: 'refusal',
	usage: 'usage',
	usageStreamed: 'usage, streaming',
	cached: 'cached tokens',
	errorInvalid: 'error: invalid request',
	errorLimit: 'error: rate limit, with retry-after',
	errorOverloaded: 'error: overloaded',
	errorKey: "error: gateway's key rejected",
	errorFailed: 'error: upstream failure',
	errorMidStream: 'error within a stream',
} as const

export type AnswerFeature = keyof typeof answerFeatures

/** Distinct texts that the tests look for in requests and responses. */
export const marks = {
	system: 'You speak in riddles.',
	image: 'iVBORw0KGgoAAAANSUhEUg==',
	imageUrl: 'https://pictures.test/cat.png',
	audio: 'UklGRiQAAABXQVZF',
	file: 'JVBERi0xLjQK',
	stop: 'HALT',
	user: 'user-4711',
	result: 'It is sunny.',
	failure: 'The tool is broken.',
	text: 'Cats sleep.',
	reasoning: 'Cats are tired.',
	proof: 'c2lnbmF0dXJl',
	refusal: 'I would rather not.',
} as const
