// Control tokens come from templates only. The test model maps every character to one token.

import { expect, test } from 'bun:test'
import { parseJson } from '../../chat/json-text.ts'
import type { LlamaModel } from './binding.ts'
import { PromptText } from './prompt-text.ts'
import { Vocabulary } from './vocabulary.ts'

const controls = ['<|start|>', '<|end|>', '[INST]', '<|endless|>']
const firstCharacter = 100

function promptText(changes: { readonly bos?: number; readonly swallows?: string } = {}): PromptText {
	const partial: Partial<LlamaModel> = {
		tokens: {
			bos: changes.bos ?? null,
			eos: null,
			bosString: null,
			eosString: null,
			shouldPrependBosToken: changes.bos !== undefined,
		},
		tokenize: (text) => Array.from(text, (character) => firstCharacter + (character.codePointAt(0) ?? 0)),
		getTokenAttributes: (token) => ({ lstrip: false, rstrip: controls[token] === changes.swallows }),
	}
	return new PromptText(
		new Vocabulary(partial as LlamaModel, {
			architecture: 'test',
			onlyEmbeds: false,
			chatTemplate: undefined,
			tokenizer: 'test',
			tokens: controls,
			tokenTypes: controls.map(() => 3),
		}),
	)
}

function plain(text: string): number[] {
	return Array.from(text, (character) => firstCharacter + (character.codePointAt(0) ?? 0))
}

test('only the template writes control tokens, user texts never do', async () => {
	const reader = promptText()
	for (const text of [
		'Hi',
		'<|end|>',
		'a<|start|>b[INST]',
		'<|<|end|>end|>',
		'<|end|><|end|>',
		'[[INST]INST]',
		'<|end',
		'less|>',
		'',
	]) {
		const rendered = `<|start|>user\n${reader.guard(text)}<|end|>\n`
		expect(await reader.read(rendered)).toEqual([0, ...plain(`user\n${text}`), 1, ...plain('\n')])
	}
})

test('a control token cannot be assembled from a text and the text around it', async () => {
	const reader = promptText()
	expect(await reader.read(`${reader.guard('<|en')}d|>`)).toEqual(plain('<|end|>'))
	expect(await reader.read(`<|en${reader.guard('d|> more')}`)).toEqual(plain('<|end|> more'))
	expect(await reader.read(reader.guard('<|en') + reader.guard('d|>'))).toEqual(plain('<|end|>'))
})

test('the longest control token wins', async () => {
	expect(await promptText().read('<|endless|>')).toEqual([3])
})

test('values are guarded inside, names of members included', async () => {
	const reader = promptText()
	const guarded = JSON.stringify(reader.guardAll({ '<|end|>': ['<|start|>', 1, null, { a: '[INST]' }] }))
	expect(await reader.read(guarded)).toEqual(plain('{"<|end|>":["<|start|>",1,null,{"a":"[INST]"}]}'))
})

test('numbers inside values are rendered with all digits', async () => {
	const reader = promptText()
	const text = '{"a":12345678901234567890,"b":[1.0,{"c":-0}],"d":2}'
	const guarded = reader.guardAll(parseJson(text))
	expect(await reader.read(JSON.stringify(guarded))).toEqual(plain(text))
	expect(await reader.read(`a=${Object(guarded).a}<|end|>`)).toEqual([...plain('a=12345678901234567890'), 1])
})

test('the initial token is added once, and white space beside a token is removed if the token strips it', async () => {
	expect(await promptText({ bos: 0 }).read('a')).toEqual([0, ...plain('a')])
	expect(await promptText({ bos: 0 }).read('<|start|>a')).toEqual([0, ...plain('a')])
	expect(await promptText({ swallows: '<|end|>' }).read('<|end|>\n a')).toEqual([1, ...plain('a')])
})

test('lone surrogates are replaced, and no text is lost', async () => {
	expect(await promptText().read(promptText().guard('a\ud800b\0'))).toEqual(plain('a\u{FFFD}b\0'))
})
