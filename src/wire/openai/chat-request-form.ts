// What a server of this wire accepts, as plain data. The writers apply it; they know no server by name, and neither
// does this file.

/** Differences between servers of this wire. */
export interface ChatRequestForm {
	/** OpenAI's reasoning models accept only the new name, many other servers only the old one. */
	readonly maxTokensField: 'max_tokens' | 'max_completion_tokens'
	/** The role for `developer` messages. Servers whose chat templates lack that role fail on it. */
	readonly developerRole: 'developer' | 'system'
	/** Request the usage of a stream. Servers that do not support `stream_options` reject it. */
	readonly streamUsage: boolean
	/**
	 * Content of several texts: a list of parts, or one string with a line feed between the texts. Other content is
	 * always a list.
	 */
	readonly textContent: 'list' | 'string'
	/**
	 * Instructions after the first message: where they are, merged into the first message, or as text of the next user
	 * message.
	 */
	readonly systemMessages: 'anywhere' | 'first' | 'user'
	/** `cache_control` that clients of other wires set. Those of clients of this wire are always sent. */
	readonly cacheMarks: 'own' | 'send'
	/** `name` of messages. */
	readonly messageNames: 'send' | 'omit'
	/** Name of the reasoning in assistant messages; `thinking`: in the content, as parts of that type. */
	readonly reasoningHistory: 'reasoning_content' | 'reasoning' | 'both' | 'thinking' | 'omit'
	/** Images in assistant messages, in the field `images`. */
	readonly imageHistory: 'send' | 'omit'
	/** Results of failed tools, for which the wire has no field: with a prefix in the text, or like any other result. */
	readonly toolFailures: 'prefix' | 'plain'
	/** Tools that take free text: as they are, or as functions with one argument. */
	readonly customTools: 'custom' | 'function'
	/** `user`: unchanged, cut off, as its SHA-256 (always, or only if it is too long), or not at all. */
	readonly userId: 'send' | 'shorten' | 'hash' | 'hash-long' | 'omit'
	/** Longest `user`, in characters, for all values of `userId` but `send` and `omit`. */
	readonly maxUserLength: number
	/**
	 * How to disable thinking. `unsupported`: the server has no field for it. The object `reasoning` can also limit it to a
	 * number of tokens.
	 */
	readonly thinkingOff: 'unsupported' | 'reasoning_effort' | 'enable_thinking' | 'thinking' | 'reasoning'
	/** Limits on numbers, lengths and counts in JSON Schemas of structured outputs and strict tools. */
	readonly schemaBounds: 'send' | 'remove'
}

/** Accepts what OpenAI's API accepts. */
export const defaultChatRequestForm: ChatRequestForm = {
	maxTokensField: 'max_tokens',
	developerRole: 'developer',
	streamUsage: true,
	textContent: 'list',
	systemMessages: 'anywhere',
	cacheMarks: 'own',
	messageNames: 'send',
	reasoningHistory: 'reasoning_content',
	imageHistory: 'send',
	toolFailures: 'prefix',
	customTools: 'custom',
	userId: 'send',
	maxUserLength: 64,
	thinkingOff: 'unsupported',
	schemaBounds: 'send',
}

/** For messages that are shown to a client: complete, and as they were stored. */
export const storedMessagesForm: ChatRequestForm = { ...defaultChatRequestForm, toolFailures: 'plain' }

/**
 * The writer that applies each option. A new option does not compile until it has one, and a writer sees no option of
 * another.
 */
const formWriters = {
	maxTokensField: 'body',
	developerRole: 'messages',
	streamUsage: 'streaming',
	textContent: 'messages',
	systemMessages: 'messages',
	cacheMarks: 'messages-and-tools',
	messageNames: 'messages',
	reasoningHistory: 'messages',
	imageHistory: 'messages',
	toolFailures: 'messages',
	customTools: 'messages-and-tools',
	userId: 'user',
	maxUserLength: 'user',
	thinkingOff: 'reasoning',
	schemaBounds: 'schemas',
} as const satisfies Record<keyof ChatRequestForm, string>

type FormWriter = (typeof formWriters)[keyof typeof formWriters]

/** The options that some of the writers apply. */
export type FormFor<Applied extends FormWriter> = Pick<
	ChatRequestForm,
	{
		[Option in keyof ChatRequestForm]: (typeof formWriters)[Option] extends Applied ? Option : never
	}[keyof ChatRequestForm]
>

/** Fills in the defaults for absent options. */
export function chatRequestForm(
	given: Partial<ChatRequestForm>,
	preset: Partial<ChatRequestForm> = {},
): ChatRequestForm {
	const present = Object.entries(given).filter(([, value]) => value !== undefined)
	return { ...defaultChatRequestForm, ...preset, ...Object.fromEntries(present) }
}
