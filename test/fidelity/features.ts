// What a chat can ask for and what an answer can say, as the rows of docs/fidelity.md.

export const requestFeatures = {
	system: 'system message',
	developer: 'developer message',
	image: 'image in the request',
	imageUrl: 'image by URL',
	audio: 'sound',
	file: 'file (PDF)',
	tools: 'tools',
	toolChoice: 'one tool named',
	toolChoiceRequired: 'some tool required',
	parallelOff: 'no parallel calls',
	toolResult: 'calls and results of earlier turns',
	toolFailure: 'a tool that failed',
	toolImage: 'image in the result of a tool',
	jsonSchema: 'JSON schema',
	jsonObject: 'any JSON',
	maxTokens: 'bound on tokens',
	stop: 'stop texts',
	temperature: 'temperature',
	topP: 'top_p',
	topK: 'top_k',
	frequencyPenalty: 'frequency penalty',
	logitBias: 'logit bias',
	seed: 'seed',
	logprobs: 'log-probabilities',
	choices: 'several answers (n)',
	effort: 'reasoning effort',
	budget: 'bound on reasoning',
	user: "the caller's own user id",
	cacheMark: 'prompt-cache marks',
	ownField: "a field of the dialect's own wire",
} as const

export type RequestFeature = keyof typeof requestFeatures

export const answerFeatures = {
	text: 'text',
	reasoning: 'reasoning',
	proof: 'proof of reasoning',
	calls: 'tool calls, several at once',
	callsStreamed: 'tool calls, streamed',
	length: 'cut at the bound on tokens',
	filtered: 'withheld by a filter',
	stopText: 'which stop text ended it',
	refusal: 'refusal',
	usage: 'usage',
	usageStreamed: 'usage of a stream',
	cached: 'cached tokens',
	errorInvalid: 'error: wrong request',
	errorLimit: 'error: rate limit, with its wait',
	errorOverloaded: 'error: overloaded',
	errorKey: "error: the gateway's key refused",
	errorFailed: 'error: upstream failed',
	errorMidStream: 'error in the middle of a stream',
} as const

export type AnswerFeature = keyof typeof answerFeatures

/** Texts to be found again, on whichever side. */
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
