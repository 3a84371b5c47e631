// The bounds on the contents of a request: how many elements, how long texts, how much output. They are settings of the
// section `limits`; this file has their defaults, with the reason for each. It does not know the fields of dialects.

/** Each bound is the maximum that is accepted. */
export interface RequestBounds {
	/** Values of a JSON body together: elements, members and nested containers. */
	readonly jsonValues: number
	/** Elements of an array that no other bound covers. */
	readonly arrayElements: number
	/** Entries of an object that no other bound covers. */
	readonly mapEntries: number
	readonly messages: number
	readonly tools: number
	readonly stopTexts: number
	readonly logitBiases: number
	readonly metadataEntries: number
	/** Token ids of one prompt or input. */
	readonly tokenIds: number
	/** Texts to rank. */
	readonly documents: number
	/** Characters of names of models and tools. */
	readonly nameCharacters: number
	/** Characters of ids and of users. */
	readonly idCharacters: number
	/** Characters of one value in metadata. */
	readonly metadataCharacters: number
	/** Characters of a pattern in a JSON schema. */
	readonly patternCharacters: number
	/** Fields of a form, files included. */
	readonly formFields: number
	/** Fields of a form with the same name. */
	readonly formRepeats: number
	readonly images: number
	readonly files: number
	readonly audios: number
	/** Answers to one request: prompts × `n`. */
	readonly choices: number
	/** Choices × `max_tokens` × (1 + `top_logprobs`). */
	readonly answerValues: number
	/** Inputs × dimensions. */
	readonly embeddingValues: number
	/** Characters of a text to tokenize. */
	readonly tokenizeCharacters: number
}

export const defaultBounds: RequestBounds = {
	// Two prompts of a million token ids each. Parsing them takes about 0.1 s, and 100 MB at most.
	jsonValues: 2_000_000,
	arrayElements: 20_000,
	// The largest JSON schemas that OpenAI's API accepts have 5,000 properties.
	mapEntries: 10_000,
	// Coding agents send a few thousand in a long session.
	messages: 20_000,
	// Agents with several MCP servers send up to 500.
	tools: 2000,
	// OpenAI's API accepts 4, other servers 16 to 64.
	stopTexts: 64,
	logitBiases: 10_000,
	// OpenAI's API accepts 16.
	metadataEntries: 128,
	// The longest context window of today's models.
	tokenIds: 1_000_000,
	// Ten times the maximum of Cohere's API.
	documents: 10_000,
	// Names of fine-tuned models and of repositories have up to 200.
	nameCharacters: 1024,
	// Coding agents send JSON of a few hundred characters as a user.
	idCharacters: 16_384,
	// OpenAI's API accepts 512.
	metadataCharacters: 16_384,
	patternCharacters: 16_384,
	// Forms of transcriptions have about ten fields.
	formFields: 1000,
	formRepeats: 100,
	// Anthropic's API accepts 600, Gemini's 3,600.
	images: 4000,
	files: 1000,
	audios: 1000,
	// A batch of 128 prompts with 8 continuations each.
	choices: 1024,
	// 128 choices of 4,096 tokens, or 45,000 tokens with 20 log-probabilities each. The response is then up to 60 MB.
	answerValues: 1_000_000,
	// 1,000 inputs of 3,072 dimensions, which is what clients send in a batch. The response is then up to 84 MB.
	embeddingValues: 4_194_304,
	// About 250,000 tokens. The embedded engine answers nothing else while it tokenizes.
	tokenizeCharacters: 1_048_576,
}
