// What docs/migrate/egp.md says about each difference.

import { expect } from 'bun:test'
import { rejection } from '../../../src/system/rejection.testing.ts'
import { at } from '../../dialect-clients/dialect-client.ts'
import type { DifferenceChecks } from './differences-server.ts'

const first = '/egp/v1/chat-completions'
const later = '/v4/chat-completions'
const message = (content: string, more: object = {}) => ({
	model: 'gpt-3.5-turbo-0613',
	messages: [{ role: 'user', content }],
	...more,
})
const promptOf = (body: unknown) => Number(at(body, 'token_usage', 'prompt'))

export const egp: DifferenceChecks = {
	'a model that does not exist': async ({ send }) => {
		const { status, body } = await send(first, { body: message('a', { model: 'unknown' }) })
		expect(status).toBe(422)
		expect(body).toMatchObject({ detail: [{ loc: ['body', 'model'] }] })
	},
	'no `instructions`': async ({ send }) => {
		const whole = promptOf((await send(first, { body: message('a') })).body)
		const none = promptOf((await send(first, { body: message('a', { instructions: null }) })).body)
		expect(none).toBeLessThan(whole)
	},
	'`model_parameters.temperature`': async ({ send, sent }) => {
		const body = message('a', { model: 'shown' })
		await send(first, { body })
		expect(sent()).toMatchObject({ temperature: 0.2 })
		expect((await send(first, { body: { ...body, model_parameters: { temperature: 1.1 } } })).status).toBe(422)
	},
	'`finish_reason` in version 1': async ({ send }) => {
		expect((await send(first, { body: message('a') })).body).toMatchObject({ chat_completion: { finish_reason: null } })
		expect((await send(later, { body: message('a') })).body).toMatchObject({
			chat_completion: { finish_reason: 'stop' },
		})
	},
	'the end of a stream': async ({ send }) => {
		for (const path of [first, later, '/v5/chat/completions']) {
			const { status, body } = await send(path, { body: message('one two', { stream: true }) })
			expect([path, status, String(body).includes('[DONE]')]).toEqual([path, 200, false])
		}
	},
	'a failure in the middle of a stream': async ({ send }) => {
		const body = message('echo:error-after 1 overloaded\none two', { stream: true })
		expect(await rejection(send(first, { body }))).toBeInstanceOf(Error)
	},
	'a slow first token': { unchecked: 'test/quiet-streams.test.ts waits for it' },
	'the reasoning of a model': async ({ send }) => {
		const body = message('echo:reasoning why\nbecause')
		expect((await send(later, { body })).headers.get('x-dragoman-dropped')).toBe('reasoning_content')
		expect((await send('/v5/chat/completions', { body })).body).toMatchObject({
			choices: [{ message: { content: 'because', reasoning_content: 'why' } }],
		})
	},
	'`account_id`': async ({ send }) => {
		const { status } = await send(later, {
			body: message('a', { account_id: 'any' }),
			headers: { 'x-selected-account-id': 'another' },
		})
		expect(status).toBe(200)
	},
	'`/v4/knowledge-bases`, `/v4/evaluations`, `/v5/files` and others': async ({ send }) => {
		for (const path of ['/v4/knowledge-bases', '/v4/evaluations', '/v5/files'])
			expect([path, (await send(path)).status]).toEqual([path, 404])
	},
}
