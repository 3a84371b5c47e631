import { expect, test } from 'bun:test'
import { App, errorOf, isPending, json } from './pipeline.testing.ts'

test('an unknown model is reported, and no upstream is called', async () => {
	await using app = await App.open()
	const response = await app.chat('hi', { model: 'unknown' })
	expect(response.status).toBe(404)
	expect((await errorOf(response)).code).toBe('model_not_found')
	expect(app.upstream().received).toEqual([])
	expect(await app.usageRecords()).toEqual([])
	expect(app.requests.at(-1)).not.toHaveProperty('model')
})

test('an alias is the same model, under its public name', async () => {
	await using app = await App.open({ models: { large: { aliases: ['gpt-4'] } } })
	const answer = await json<{ readonly model: string }>(await app.chat('hi', { model: 'gpt-4' }))
	expect(answer.model).toBe('large')
	expect(await app.usageRecords()).toMatchObject([{ model: 'large' }])
})

test('a model has its own route', async () => {
	await using app = await App.open({
		upstreams: { a: {}, b: {} },
		models: { first: { route: ['a'] }, second: { route: ['b'] } },
	})
	await app.chat('hi', { model: 'second' })
	expect([app.upstream('a').received.length, app.upstream('b').received.length]).toEqual([0, 1])
})

test('a request uses the configuration with which it began until its end', async () => {
	await using app = await App.open()
	const text = (await app.stream('echo:delay 50 one two')).text()
	await app.clock.asleep(50)
	app.reconfigure({ models: { other: {} } })
	expect((await app.chat('hi')).status).toBe(404)
	expect((await app.chat('hi', { model: 'other' })).status).toBe(200)
	while (await isPending(text)) app.clock.advance(50)
	expect(await text).toContain('[DONE]')
	expect((await app.usageRecords()).map(({ model, outcome }) => [model, outcome])).toContainEqual(['echo', 'completed'])
})
