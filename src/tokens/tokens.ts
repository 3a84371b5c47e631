// How many tokens texts are, in vocabularies that are published with their splitting rules. Vocabularies are large, so each is loaded when it
// is first asked for. How a model's own template wraps messages is not known here: that part is an estimate.

import type { Message } from '../chat/message.ts'
import type { Tool } from '../chat/tool.ts'

export const tokenizers = ['o200k_base', 'cl100k_base'] as const
export type Tokenizer = (typeof tokenizers)[number]

/** Longer texts are counted to here and the rest in proportion, so that no request holds up the others. In characters. */
const exactCharacters = 262_144
/** What OpenAI's guide counts for the wrapping of each message, and for the beginning of the answer. */
const [tokensPerMessage, tokensOfAnswer] = [3, 3]
/** A picture at OpenAI's common size, in tiles. */
const tokensPerImage = 765

export async function countTexts(tokenizer: Tokenizer, texts: readonly string[]): Promise<number> {
	const said = texts.filter((text) => text !== '')
	if (said.length === 0) return 0
	const count = await load(tokenizer)
	return said.reduce((sum, text) => sum + countOne(text, count), 0)
}

/** A prompt of messages and the tools described with it. */
export async function countMessages(
	tokenizer: Tokenizer,
	messages: readonly Message[],
	tools: readonly Tool[],
): Promise<number> {
	const texts = messages.flatMap(textsOf)
	if (tools.length > 0) texts.push(JSON.stringify(tools))
	const images = messages.reduce((sum, { content }) => sum + content.filter(({ type }) => type === 'image').length, 0)
	return (
		(await countTexts(tokenizer, texts)) + messages.length * tokensPerMessage + images * tokensPerImage + tokensOfAnswer
	)
}

function textsOf(message: Message): string[] {
	const texts: string[] = [message.role]
	for (const part of message.content) if ('text' in part) texts.push(part.text)
	if (message.role === 'assistant') for (const call of message.toolCalls) texts.push(call.name, call.arguments)
	return texts
}

function countOne(text: string, count: (text: string) => number): number {
	if (text.length <= exactCharacters) return count(text)
	return Math.round(count(text.slice(0, exactCharacters)) * (text.length / exactCharacters))
}

async function load(tokenizer: Tokenizer): Promise<(text: string) => number> {
	const { countTokens } = await loaders[tokenizer]()
	// Words with a meaning to the model may well stand in somebody's text.
	return (text) => countTokens(text, { disallowedSpecial: new Set() })
}

const loaders = {
	o200k_base: () => import('gpt-tokenizer/encoding/o200k_base'),
	cl100k_base: () => import('gpt-tokenizer/encoding/cl100k_base'),
} as const satisfies Readonly<Record<Tokenizer, () => Promise<unknown>>>
