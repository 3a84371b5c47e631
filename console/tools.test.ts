// Tools and answers in JSON: described by a form, sent with the request, and shown as cards and trees.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { TestPages } from './page.testing.ts'
import { readRows, writeRows } from './state/schema-rows.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

test.concurrent('tools are described by a form, and a person answers the calls', async () => {
	const opened = await pages.openPage({ viewport: { width: 1440, height: 900 } })
	const { page, bodies } = opened
	await page.locator('.composer').getByRole('button', { name: 'Tools' }).click()
	const panel = page.getByRole('complementary', { name: 'Tools' })
	await panel.getByRole('button', { name: 'New tool' }).click()
	await panel.getByLabel('Name').fill('get weather')
	await panel.getByRole('button', { name: 'Save' }).click()
	await panel.getByRole('alert').getByText('Up to 64 letters').waitFor()
	await panel.getByLabel('Name').fill('get_weather')
	await panel.getByLabel('Description').fill('Tells the weather.')
	// What is not saved remains while another panel is open.
	await page.getByRole('button', { name: 'JSON schema' }).click()
	await page.getByRole('complementary', { name: 'JSON schema' }).waitFor()
	await page.locator('.composer').getByRole('button', { name: 'Tools' }).click()
	expect(await panel.getByLabel('Name').inputValue()).toBe('get_weather')
	expect(await panel.getByLabel('Description').inputValue()).toBe('Tells the weather.')
	await panel.getByRole('button', { name: 'Add a row' }).click()
	const row = panel.getByRole('group').first()
	await row.getByLabel('Name').fill('city')
	await row.getByLabel('Description').fill('A city.')
	await panel.getByRole('checkbox', { name: 'Edit as JSON' }).check()
	const json = panel.getByRole('textbox', { name: 'Edit as JSON' })
	expect(await json.inputValue()).toContain('"description": "A city."')
	await json.fill('{ "type": "object" ')
	await panel.getByRole('alert').getByText('This is no JSON').waitFor()
	const parameters = {
		type: 'object',
		properties: { city: { type: 'string' }, days: { type: 'integer' } },
		required: ['city'],
		additionalProperties: false,
	}
	await json.fill(JSON.stringify(parameters))
	expect(await panel.getByRole('group').nth(1).getByLabel('Name').inputValue()).toBe('days')
	await panel.getByRole('button', { name: 'Save' }).click()
	expect(await panel.getByRole('checkbox', { name: 'Use get_weather' }).isChecked()).toBe(true)
	await page.keyboard.press('Escape')
	await opened.ask('echo:tool get_weather {"city": "Paris"}\necho:tool get_weather {"city": "Rome"}')
	expect(bodies.at(-1)?.tools).toEqual([
		{ type: 'function', name: 'get_weather', description: 'Tells the weather.', parameters, strict: false },
	])
	const cards = page.locator('.tool-card')
	await page.reload()
	await cards.first().getByLabel('Result of get_weather').fill('Sunny')
	await cards.first().getByRole('button', { name: 'Answer the call' }).click()
	await cards.first().getByText('Will be sent when the other calls have a result.').waitFor()
	expect(bodies.length).toBe(1)
	await cards.nth(1).getByRole('button', { name: 'Skip' }).click()
	await page.locator('.answer').nth(1).waitFor()
	await opened.answered()
	expect(bodies.at(-1)).toMatchObject({
		previous_response_id: expect.stringMatching(/^resp_/),
		input: [
			{ type: 'function_call_output', output: 'Sunny' },
			{ type: 'function_call_output', output: 'This call was skipped and has no result.' },
		],
	})
	await opened.ask('Thanks')
	await page.reload()
	await page.locator('.answer').nth(2).waitFor()
	const results = page.getByRole('article', { name: /question 2/i })
	for (const result of ['Sunny', 'This call was skipped and has no result.']) await results.getByText(result).waitFor()
	// The calls are answered.
	expect(await page.getByRole('button', { name: 'Answer the call' }).count()).toBe(0)
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('an answer in JSON is a tree, and says whether it has the form of the schema', async () => {
	const opened = await pages.openPage()
	const { page, bodies } = opened
	await page.getByRole('button', { name: 'JSON schema' }).click()
	const panel = page.getByRole('complementary', { name: 'JSON schema' })
	await panel.getByRole('button', { name: 'Add a row' }).click()
	await panel.getByLabel('Name').fill('city')
	expect(await panel.getByRole('checkbox', { name: 'Answer as JSON' }).isChecked()).toBe(true)
	await page.keyboard.press('Escape')
	await opened.ask('Where?')
	expect(bodies.at(-1)?.text).toMatchObject({ format: { type: 'json_schema', schema: { required: ['city'] } } })
	await page.getByText('Valid: the answer has the form of the schema.').waitFor()
	await page.locator('.structured').getByText('city').waitFor()
	await opened.ask('echo:say {"town": ["Paris", 3]}')
	await page.getByText(/^Not valid: /).waitFor()
	await opened.ask('echo:say no JSON')
	await page.getByText('Not valid: the answer is no JSON.').waitFor()
	await page.reload()
	// The schema of a stored answer is read from the server.
	const second = page.locator('.answer').nth(1)
	await second.getByText(/^Not valid: /).waitFor()
	await second.getByRole('radio', { name: 'Raw' }).check({ force: true })
	await second.getByText('{"town": ["Paris", 3]}').waitFor()
	await page.getByRole('button', { name: 'JSON schema (in use)' }).click()
	await panel.getByRole('checkbox', { name: 'Answer as JSON' }).uncheck()
	await opened.ask('echo:say {"plain": 1}')
	expect(bodies.at(-1)).not.toHaveProperty('text')
	expect(await page.locator('.answer').last().locator('.structured').count()).toBe(0)
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('rows express the schemas that they write, and no others', () => {
	const rows = [
		{ name: 'a', type: 'array', required: true, description: 'A list.' },
		{ name: 'b', type: 'boolean', required: false, description: '' },
	] as const
	expect(readRows(writeRows(rows))).toEqual([...rows])
	expect(readRows({ type: 'object', properties: { a: { enum: [1] } }, additionalProperties: false })).toBeUndefined()
	expect(readRows({ type: 'object', properties: {} })).toBeUndefined()
	expect(readRows({ type: 'array' })).toBeUndefined()
	expect(readRows(null)).toBeUndefined()
})
