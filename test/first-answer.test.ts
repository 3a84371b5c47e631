// The first answers of the default model as it is shipped, with its real weights: what a newcomer sees.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { catalogue, defaultModelId } from '../src/weights/catalogue.ts'
import { engineFolder, isEngineHere, modelFolder } from './engine.ts'
import { startServer, type TestServer } from './server.ts'

const weights = catalogue.find(({ id }) => id === defaultModelId)?.file ?? ''
const isHere = isEngineHere && existsSync(join(modelFolder, weights))

interface Answer {
	readonly choices: readonly {
		readonly message: { readonly content: string }
		readonly finish_reason: string
	}[]
	readonly usage: { readonly completion_tokens: number }
}

/** The same words five times in a row at the end. */
const loop = /([\s\S]{2,80}?)\1{4}$/

const everyday = [
	'Hello!',
	'Who are you?',
	'What can you do?',
	'What is the capital of Italy?',
	'Tell me a joke.',
	'How do I boil an egg?',
	'Explain gravity to a child.',
	'Write a haiku about the sea.',
	'What is the meaning of life?',
	'Is the earth round?',
	'Quelle est la capitale de la France ?',
	'Bonjour, comment ça va ?',
]

describe.skipIf(!isHere)('the default model', () => {
	let server: TestServer
	beforeAll(async () => {
		server = await startServer({
			config: `models: embedded\nengineFolder: ${engineFolder}\nmodelFolder: ${modelFolder}\ndownload: false\n`,
		})
		while ((await fetch(`${server.url}/ready`)).status !== 200) await Bun.sleep(20)
	})
	afterAll(() => server.stop())

	/** As the command that `serve` prints: no limit, no sampling. */
	const send = (question: string, more: object = {}, signal?: AbortSignal) =>
		fetch(`${server.url}/v1/chat/completions`, {
			method: 'POST',
			headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
			body: JSON.stringify({ model: defaultModelId, messages: [{ role: 'user', content: question }], ...more }),
			...(signal === undefined ? {} : { signal }),
		})

	test('answers the printed question 20 times, each time within 5 s', async () => {
		for (let time = 0; time < 20; time++) {
			const response = await send('What is the capital of France?', {}, AbortSignal.timeout(5000))
			const { choices } = (await response.json()) as Answer
			expect(choices[0]?.message.content).toContain('Paris')
			expect(choices[0]?.finish_reason).toBe('stop')
		}
	})

	test('streams its first token within 2 s', async () => {
		const began = performance.now()
		const response = await send('What is the capital of France?', { stream: true })
		let text = ''
		for await (const chunk of response.body ?? []) {
			text += new TextDecoder().decode(chunk)
			if (/"content":"[^"]/.test(text)) break
		}
		expect(text).toMatch(/"content":"[^"]/)
		expect(performance.now() - began).toBeLessThan(2000)
	})

	test('returns different answers if several are requested', async () => {
		const { choices } = (await (await send('Tell me a joke.', { n: 4, max_tokens: 30 })).json()) as Answer
		expect(new Set(choices.map(({ message }) => message.content)).size).toBeGreaterThan(1)
	})

	test('ends its answers to everyday questions within the bound, and none loops', async () => {
		const questions = [...everyday]
		const answers: { question: string; text: string; reason: string; tokens: number }[] = []
		const worker = async () => {
			for (let question = questions.shift(); question !== undefined; question = questions.shift()) {
				const { choices, usage } = (await (await send(question)).json()) as Answer
				const [choice] = choices
				const [text, reason] = [choice?.message.content ?? '', choice?.finish_reason ?? '']
				answers.push({ question, text, reason, tokens: usage.completion_tokens })
			}
		}
		await Promise.all(Array.from({ length: 4 }, worker))
		expect(answers.length).toBe(everyday.length)
		expect(answers.filter(({ text }) => loop.test(text.trimEnd()))).toEqual([])
		expect(answers.filter(({ text }) => text.trim() === '')).toEqual([])
		expect(answers.filter(({ tokens }) => tokens > 512)).toEqual([])
		// One may be cut by the bound: processors round differently, and a word more or less changes a whole answer.
		expect(answers.filter(({ reason }) => reason !== 'stop').length).toBeLessThanOrEqual(1)
		expect(server.log()).not.toContain('repetition loop')
	})

	test('replaces the toy model as soon as its weights are installed, without a restart', async () => {
		const own = await startServer({ config: `models: embedded\nengineFolder: ${engineFolder}\ndownload: false\n` })
		const state = async () => {
			const { models } = (await (await fetch(`${own.url}/ready`)).json()) as {
				readonly models: readonly { readonly status: string; readonly note?: string; readonly contextTokens?: number }[]
			}
			return models[0]
		}
		const models: string[] = []
		const answeredBy = async () => {
			const answer = await own.call('/v1/chat/completions', {
				model: defaultModelId,
				max_tokens: 1,
				messages: [{ role: 'user', content: 'Hi!' }],
			})
			const { model } = (await answer.json()) as { readonly model: string }
			if (models.at(-1) !== model) models.push(model)
		}
		while ((await state())?.status !== 'ready') await Bun.sleep(20)
		await answeredBy()
		expect((await state())?.note).toContain(
			'tiny-chat, a toy model whose answers are not meaningful, serves requests instead',
		)
		await mkdir(join(own.data, 'models'), { recursive: true })
		await symlink(join(modelFolder, weights), join(own.data, 'models', weights))
		while ((await state())?.note !== undefined) await answeredBy()
		await answeredBy()
		expect(await state()).toMatchObject({ status: 'ready', contextTokens: 8192 })
		expect(models).toEqual(['tiny-chat', defaultModelId])
		await own.stop()
	})
})
