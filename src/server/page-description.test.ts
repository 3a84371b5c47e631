import { describe, expect, test } from 'bun:test'
import { App, json } from '../pipeline/pipeline.testing.ts'
import type { DescribedPage, PageDescription } from './page-description.ts'

const description: PageDescription = {
	name: 'Chat of the hospital',
	notice: { en: '**Where** does my text go?', fr: 'Où va mon texte ?' },
	recommended: ['second', 'removed', 'alias', 'first', 'audio'],
}
const models = { first: { aliases: ['alias'] }, second: {}, audio: { type: 'automatic-speech-recognition' as const } }

describe('GET /v1/page', () => {
	test('says to everyone who runs the service, and to callers which models are recommended', async () => {
		await using app = await App.open({ models, handler: { pageDescription: () => description } })
		const { name, notice } = description
		const open = await app.get('/v1/page', { as: 'anonymous' })
		expect([open.status, open.headers.get('cache-control')]).toEqual([200, 'no-store'])
		expect(open.headers.has('access-control-allow-origin')).toBe(false)
		expect(await json<DescribedPage>(open)).toEqual({ object: 'page', name: name ?? null, notice, recommended: [] })
		for (const as of ['alice', 'root'] as const)
			expect((await json<DescribedPage>(await app.get('/v1/page', { as }))).recommended).toEqual([
				'second',
				'first',
				'audio',
			])
	})

	test('refuses a key that is not valid, in the format of the dialect', async () => {
		await using app = await App.open({ handler: { pageDescription: () => description } })
		const refused = await app.get('/v1/page', { key: 'dgm-wrong' })
		expect([refused.status, await json<object>(refused)]).toMatchObject([401, { error: { code: 'invalid_api_key' } }])
		await app.revokeKey('alice')
		expect((await app.get('/v1/page')).status).toBe(401)
	})

	test('changes with the configuration and with the models', async () => {
		let current = description
		await using app = await App.open({ models, handler: { pageDescription: () => current } })
		current = { notice: {}, recommended: ['first', 'third'] }
		expect(await json<DescribedPage>(await app.get('/v1/page'))).toEqual({
			...{ object: 'page', name: null, notice: {}, recommended: ['first'] },
		})
		app.reconfigure({ models: { third: {} } })
		expect((await json<DescribedPage>(await app.get('/v1/page'))).recommended).toEqual(['third'])
	})

	test('is there without a configuration, and for reading only', async () => {
		await using app = await App.open()
		expect(await json<DescribedPage>(await app.get('/v1/page'))).toEqual({
			...{ object: 'page', name: null, notice: {}, recommended: [] },
		})
		const posted = await app.post('/v1/page', {})
		expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
	})
})
