// Configuration options for what an OpenAI-compatible server accepts. Every field of the form has one. They have no
// defaults in the schema, because the preset supplies them.

import { z } from 'zod'
import { count } from '../../fields/amount.ts'
import { type ChatRequestForm, chatRequestForm } from '../../wire/openai/chat-request-form.ts'
import { presetNames, presets } from './presets.ts'

const options = {
	maxTokensField: z
		.enum(['max_tokens', 'max_completion_tokens'])
		.optional()
		.describe("The upstream's name of the limit on generated tokens."),
	developerRole: z.enum(['developer', 'system']).optional().describe('Role that `developer` messages are sent with.'),
	streamUsage: z
		.boolean()
		.optional()
		.describe('False for servers that reject `stream_options`. The gateway then counts the tokens.'),
	textContent: z
		.enum(['list', 'string'])
		.optional()
		.describe('How content of several texts is sent: as a list of parts, or joined into one string.'),
	systemMessages: z
		.enum(['anywhere', 'first', 'user'])
		.optional()
		.describe(
			'Where instructions in the middle of a conversation are sent: where they are, merged into the first message, or as text of the next user message.',
		),
	cacheMarks: z
		.enum(['own', 'send'])
		.optional()
		.describe(
			'Which cache marks (`cache_control`) are sent: those of clients of this API, or also those of the Messages API. Others are listed in `x-dragoman-dropped`.',
		),
	messageNames: z
		.enum(['send', 'omit'])
		.optional()
		.describe('Whether `name` of messages is sent. An omitted name is listed in `x-dragoman-dropped`.'),
	reasoningHistory: z
		.enum(['reasoning_content', 'reasoning', 'both', 'thinking', 'omit'])
		.optional()
		.describe(
			'Field of the reasoning in assistant messages; `thinking`: in the content, as parts of that type. Omitted reasoning is listed in `x-dragoman-dropped`.',
		),
	imageHistory: z
		.enum(['send', 'omit'])
		.optional()
		.describe(
			'Whether images that a model generated are sent with its messages, in `images`. Omitted images are listed in `x-dragoman-dropped`.',
		),
	toolFailures: z
		.enum(['prefix', 'plain'])
		.optional()
		.describe('How results of failed tools are sent: with the prefix `Error: `, or like other results.'),
	customTools: z
		.enum(['custom', 'function'])
		.optional()
		.describe('How tools of type `custom` are sent: as they are, or as functions with one argument.'),
	userId: z
		.enum(['send', 'shorten', 'hash', 'hash-long', 'omit'])
		.optional()
		.describe(
			'How `user` is sent: unchanged, cut off after `maxUserLength`, as its SHA-256 (`hash-long`: only if it is longer than `maxUserLength`), or not at all.',
		),
	maxUserLength: count('characters', 1).optional().describe('Longest `user` that the upstream accepts, in characters.'),
	thinkingOff: z
		.enum(['unsupported', 'reasoning_effort', 'enable_thinking', 'thinking', 'reasoning'])
		.optional()
		.describe(
			'Field that disables thinking: `reasoning_effort: none`, `chat_template_kwargs.enable_thinking: false`, `thinking.type: disabled` or `reasoning.effort: none`. `unsupported` lists the request in `x-dragoman-dropped` instead.',
		),
	schemaBounds: z
		.enum(['send', 'remove'])
		.optional()
		.describe(
			'Whether limits such as `minimum` and `maxLength` are sent in schemas of structured outputs and strict tools. Removed limits are listed in `x-dragoman-dropped`.',
		),
} satisfies Record<keyof ChatRequestForm, z.ZodType>

export const formOptions = {
	preset: z
		.enum(presetNames)
		.optional()
		.describe('The server, which sets what requests to it contain. Options that are set override it.'),
	...options,
}

const schema = z.object(formOptions)

const names = Object.keys(options) as readonly (keyof ChatRequestForm)[]

/** The form of an upstream: the options that are set, then the preset, then the defaults. */
export function readFormOptions(given: z.infer<typeof schema>): ChatRequestForm {
	const chosen = Object.fromEntries(names.map((name) => [name, given[name]]))
	return chatRequestForm(chosen, given.preset === undefined ? {} : presets[given.preset])
}
