// Further states of the page for its pictures: failures and connections, files, panels, the library, comparisons, shares, and
// narrow windows. Long because it has every state of the design.

import type { Page, Route } from 'playwright-core'
import { writePdf, writePng } from './attachments.testing.ts'
import { CutLine } from './cut-line.testing.ts'
import { longName, type OpenPage, signedIn, type TestPages } from './page.testing.ts'

/** What leads to a state, on a page that is signed in. */
export type ShotState = (opened: OpenPage, pages: TestPages) => Promise<void>

const responses = '**/v1/responses'

/** Answers the next requests for an answer with an error of the server. */
const refuse = async ({ page }: OpenPage, status: number, code: string, retryAfter?: string) => {
	const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
	const json = { error: { message: 'The request was refused for this picture.', code } }
	await page.route(responses, (route) => route.fulfill({ status, headers, json }))
}

/** Changes the events of an answer's stream. */
const rewrite = (page: Page, change: (stream: string) => string) =>
	page.route(responses, async (route: Route) => {
		const response = await route.fetch()
		await route.fulfill({ response, body: change(await response.text()) })
	})

const chooseModel = async ({ page }: OpenPage, name: string) => {
	await page.locator('.model-button').click()
	await page.getByRole('menuitemradio', { name }).first().click()
}

const command = async ({ page }: OpenPage, name: string) => {
	await page.keyboard.press('Control+K')
	await page.getByRole('combobox').fill(name)
	await page.keyboard.press('Enter')
}

const wide = ({ page }: OpenPage) => page.setViewportSize({ width: 1440, height: 900 })
const narrow = ({ page }: OpenPage) => page.setViewportSize({ width: 390, height: 844 })

const attach = async (opened: OpenPage) => {
	const { page } = opened
	await page
		.locator('input[type=file]')
		.first()
		.setInputFiles([
			{ name: 'protocol.pdf', mimeType: 'application/pdf', buffer: writePdf(['The dose is 5 mg.', 'Twice a day.']) },
			{ name: 'notes of a meeting with a rather long name.txt', mimeType: 'text/plain', buffer: Buffer.from('Notes.') },
			{ name: 'corridor.png', mimeType: 'image/png', buffer: writePng(320, 200) },
			{ name: 'archive.zip', mimeType: 'application/zip', buffer: Buffer.from([80, 75, 3, 4, 0, 0, 255, 254]) },
		])
	await page.getByText('This type cannot be read.').waitFor()
	await page.getByText('2 pages,').waitFor()
}

const openComparison = async ({ page }: OpenPage) => {
	await page.goto(new URL('/compare', page.url()).href)
	await page.locator('.column').nth(1).waitFor()
}

const conversationTitles: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
	['Discharge letter, plain language', { pinned: 'true' }],
	['Protocol for the sensor trial', { pinned: 'true' }],
	['Readings of March', { folder: 'Sensor trial' }],
	['Readings of April with a title that is longer than its row', { folder: 'Sensor trial/Raw' }],
	['Budget of the grant', { folder: 'Grant application' }],
	['Which interval for a failure rate?', {}],
	['Summarise the fire-door audit', { tags: 'audit,urgent' }],
	['Compare two consent forms', {}],
]

const fillLibrary = async ({ page }: OpenPage, { server }: TestPages) => {
	for (const [title, metadata] of conversationTitles)
		await server.call('/openai/v1/conversations', { title, metadata, items: [{ role: 'user', content: title }] })
	await page.reload()
	await page.getByRole('link', { name: 'Which interval' }).first().click()
	await page.locator('.question').waitFor()
}

/** An answer whose connection broke. */
const cutOff = async (opened: OpenPage, { server }: TestPages): Promise<CutLine> => {
	const { page } = opened
	const line = await CutLine.to(server.url)
	page.context().on('close', () => void line[Symbol.asyncDispose]())
	await page.goto(`${line.url}/#key=${server.key}`)
	await signedIn(page)
	await opened.send('echo:delay 300 echo:repeat 500 word')
	await page.locator('.answer .markdown', { hasText: 'word word' }).waitFor()
	line.cut()
	await page.getByText('Reconnecting…').waitFor()
	return line
}

export const furtherStates: Readonly<Record<string, ShotState>> = {
	'waiting-long': async (opened) => {
		await opened.page.clock.install()
		await opened.send('echo:hang')
		await opened.page.locator('.waiting').waitFor()
		await opened.page.clock.runFor(12_000)
		await opened.page.getByText('Still waiting').waitFor()
	},
	thinking: async (opened) => {
		await opened.send(`echo:delay 100 echo:reasoning ${'The lower end is still positive. '.repeat(40)}\necho:say Done`)
		await opened.page.getByText(/^Thinking…/).click()
		await opened.page.locator('.thinking', { hasText: 'positive. The' }).waitFor()
	},
	thought: async (opened) => {
		await opened.ask(`echo:reasoning ${'The lower end is still positive. '.repeat(8)}\necho:say Report the interval.`)
		await opened.page.locator('.thinking > summary').click()
	},
	length: async (opened) => {
		await opened.page.keyboard.press('Control+.')
		await opened.page.getByRole('spinbutton', { name: 'Most tokens of an answer' }).fill('16')
		await opened.page.keyboard.press('Tab')
		await opened.page.keyboard.press('Escape')
		await opened.ask('echo:repeat 100 word')
		await opened.page.locator('.end-note').waitFor()
	},
	refused: async (opened) => {
		await opened.ask('echo:refuse I can’t help with that request.')
		await opened.ask('echo:say ')
	},
	filter: async (opened) => {
		await rewrite(opened.page, (stream) =>
			stream
				.replaceAll('"incomplete_details":null', '"incomplete_details":{"reason":"content_filter"}')
				.replaceAll('"status":"completed"', '"status":"incomplete"')
				.replaceAll('response.completed', 'response.incomplete'),
		)
		await opened.ask('A question whose answer is withheld')
	},
	'rate-limit': async (opened) => {
		await refuse(opened, 429, 'rate_limit_exceeded', '23')
		await opened.send('Which interval should I report?')
		await opened.page.getByText('It will be sent in').waitFor()
	},
	overloaded: async (opened) => {
		await refuse(opened, 503, 'server_is_overloaded', '20')
		await opened.send('Which interval should I report?')
		await opened.page.getByText('tried again in').waitFor()
	},
	budget: async (opened) => {
		await refuse(opened, 429, 'insufficient_quota')
		await opened.send('Which interval should I report?')
		await opened.page.locator('.answer .notice').waitFor()
	},
	'not-permitted': async (opened) => {
		await refuse(opened, 404, 'model_not_found')
		await opened.ask('Which interval should I report?')
	},
	dead: async (opened) => {
		await chooseModel(opened, 'dead')
		await opened.ask('Which interval should I report?')
	},
	'too-long': async (opened) => {
		await chooseModel(opened, 'brief')
		await opened.ask('echo:say One two three')
		await opened.ask(`Twenty words and more: ${'word '.repeat(20)}`)
		await opened.page.fill('#message', 'word '.repeat(40))
		await opened.page.locator('.hint.over').waitFor()
	},
	reconnecting: async (opened, pages) => {
		await cutOff(opened, pages)
	},
	reconnected: async (opened, pages) => {
		const { page } = opened
		const line = await cutOff(opened, pages)
		await page.waitForTimeout(6000)
		line.mend()
		await page.evaluate(() => window.dispatchEvent(new Event('online')))
		await page.getByText('Reconnected.').waitFor({ timeout: 15_000 })
		// The sentence would disappear after four seconds.
		await page.evaluate(() => {
			const shown = document.querySelector('.status-line')
			if (shown === null) return
			const copy = shown.cloneNode(true)
			shown.replaceWith(copy)
		})
	},
	unreachable: async (opened) => {
		await opened.page.route('**/openai/**', (route) => route.abort())
		await opened.send('Asked in a tunnel')
		await opened.page.getByText('Your message is kept.').waitFor()
	},
	'other-tab': async (opened, { server }) => {
		await opened.ask('First')
		const other = await opened.anotherTab(`${opened.path}#key=${server.key}`)
		await other.page.locator('.answer').waitFor()
		await opened.page.fill('#message', 'A draft of this tab')
		await other.ask('From the other tab')
		await opened.page.getByText('went on in another tab').waitFor()
	},
	revoked: async (opened) => {
		await opened.ask('First')
		await opened.page.route('**/openai/v1/**', (route) =>
			route.fulfill({ status: 401, json: { error: { message: 'Revoked.' } } }),
		)
		await opened.page.locator('.answer').getByRole('button', { name: 'Regenerate' }).click()
		await opened.page.getByRole('dialog').waitFor()
	},
	attachments: async (opened) => {
		await attach(opened)
		await opened.page.fill('#message', 'What is the dose?')
	},
	attached: async (opened) => {
		const { page } = opened
		await chooseModel(opened, 'second')
		await attach(opened)
		await page.getByRole('button', { name: 'Remove archive.zip' }).click()
		await opened.ask('What is the dose?')
	},
	'long-question': async (opened) => opened.ask(`${'A line of a long question.\n'.repeat(30)}The last line.`),
	'long-name': async (opened) => {
		await chooseModel(opened, longName)
		await opened.ask('echo:say Answered by a model with a name of eighty characters.')
	},
	'wide-content': async (opened) =>
		opened.ask(
			`echo:say | ${'a long heading | '.repeat(9)}\n|${'---|'.repeat(9)}\n| ${'some value | '.repeat(9)}\n\n\`\`\`js\nconst line = '${'a very long line '.repeat(12)}'\n\`\`\`\n\n$$${'x^2 + '.repeat(40)}1$$\n\n${'unbroken'.repeat(30)}`,
		),
	'large-text': async (opened) => {
		await opened.ask('How is the dose computed for a child?')
		await opened.page.evaluate(() => document.documentElement.style.setProperty('zoom', '2'))
	},
	branches: async (opened) => {
		await opened.ask('How is the dose computed?')
		for (const position of ['2 of 2', '3 of 3']) {
			await opened.page.locator('.answer').last().getByRole('button', { name: 'Regenerate' }).click()
			await opened.page.getByText(position).waitFor()
			await opened.answered()
		}
		await opened.page.getByRole('button', { name: 'List the branches' }).click()
		await opened.page.locator(':popover-open').waitFor()
	},
	probabilities: async (opened) => {
		await opened.ask('echo:say Report the Wilson interval.')
		await opened.chooseInMenu('Show probabilities')
		await opened.page.locator('.tokens').waitFor()
		await opened.page.locator('.tokens').focus()
		await opened.page.keyboard.press('ArrowRight')
		await opened.page.locator('.alternatives').waitFor()
	},
	lightbox: async (opened) => {
		await opened.ask('echo:say ```mermaid\ngraph LR\n  Question --> Answer\n```')
		await opened.page.getByRole('button', { name: 'Enlarge: Diagram' }).click({ timeout: 20_000 })
		await opened.page.getByRole('dialog', { name: 'Diagram' }).waitFor()
	},
	diagram: async (opened) => {
		await opened.ask('echo:say ```mermaid\ngraph LR\n  Question --> Answer\n```')
		await opened.page.getByRole('button', { name: 'Enlarge: Diagram' }).waitFor({ timeout: 20_000 })
	},
	parameters: async (opened) => {
		await opened.ask('How is the dose computed for a child?')
		await opened.page.keyboard.press('Control+.')
		await opened.page.locator('.panel textarea').fill('Answer in plain language. Name your sources.')
		await opened.page.locator('.panel [type=range]').first().fill('0.2')
	},
	tools: async (opened) => {
		const { page } = opened
		await page.evaluate(() => {
			const parameters = { type: 'object', properties: { sensor: { type: 'string' } }, required: ['sensor'] }
			const tools = [
				{ name: 'get_readings', description: 'Readings of a sensor in the last 24 hours.', parameters },
				{ name: 'get_weather', description: 'The weather in a city.', parameters },
			]
			localStorage.setItem('dragoman.tools', JSON.stringify(tools))
		})
		await page.reload()
		await page.getByRole('button', { name: 'Tools', exact: true }).click()
		await page.getByRole('button', { name: 'New tool' }).waitFor()
	},
	'tool-form': async (opened) => {
		const { page } = opened
		await page.getByRole('button', { name: 'Tools', exact: true }).click()
		await page.getByRole('button', { name: 'New tool' }).click()
		await page.getByLabel('Name').first().fill('get_readings')
		await page.getByRole('button', { name: 'Add a row' }).click()
		await page.getByLabel('Edit as JSON').click()
	},
	'schema-form': async (opened) => {
		const { page } = opened
		await page.getByRole('button', { name: 'JSON schema', exact: true }).click()
		await page.getByLabel('Answer as JSON of this form').check()
		await page.getByRole('button', { name: 'Add a row' }).click()
	},
	structured: async (opened) => {
		const { page } = opened
		await page.getByRole('button', { name: 'JSON schema', exact: true }).click()
		await page.getByLabel('Answer as JSON of this form').check()
		await page.getByRole('button', { name: 'Add a row' }).click()
		await page.locator('.schema-row input').first().fill('interval')
		await page.keyboard.press('Escape')
		await opened.ask('Which interval?')
	},
	code: async (opened) => {
		await opened.ask('12 of 180 sensor readings failed. Which interval should I report, and how do I compute it?')
		await opened.page.keyboard.press('Control+Shift+K')
		await opened.page.locator('.code-view .code').waitFor()
	},
	'code-anthropic': async (opened) => {
		await opened.ask('12 of 180 sensor readings failed. Which interval should I report?')
		await opened.page.keyboard.press('Control+Shift+K')
		await opened.page.getByText('Anthropic', { exact: true }).click()
		await opened.page.getByText('Python', { exact: true }).click()
	},
	'compare-new': openComparison,
	compare: async (opened) => {
		await openComparison(opened)
		await opened.ask('12 of 180 sensor readings failed. Which interval should I report, and how do I compute it?')
	},
	'compare-voted': async (opened) => {
		await openComparison(opened)
		await opened.page.getByRole('button', { name: 'Add a model' }).click()
		await opened.ask('12 of 180 sensor readings failed. Which interval should I report?')
		await opened.page.getByRole('button', { name: 'Prefer this' }).first().click()
		await opened.page.getByRole('button', { name: 'Preferred' }).waitFor()
	},
	shared: async (opened) => {
		const { page } = opened
		await opened.ask('echo:say A **shared** answer with `code`.')
		await command(opened, 'share')
		await page.getByRole('button', { name: 'Create link' }).click()
		await page.goto(await page.getByRole('textbox', { name: 'Link' }).inputValue())
		await page.getByText('A shared conversation').waitFor()
	},
	library: async (opened, pages) => {
		await fillLibrary(opened, pages)
		for (const folder of ['Sensor trial', 'Raw'])
			await opened.page.getByRole('button', { name: folder }).first().click()
	},
	'library-phone': async (opened) => {
		await narrow(opened)
		await opened.page.getByRole('button', { name: 'Menu' }).click()
		await opened.page.locator('.sidebar.open').waitFor()
	},
	'conversation-menu': async (opened) => {
		await wide(opened)
		const row = opened.page.locator('li.conversation').first()
		await row.hover()
		await row.getByRole('button', { name: 'More' }).click()
		await opened.page.locator(':popover-open').waitFor()
	},
	selection: async (opened) => {
		const rows = opened.page.locator('li.conversation')
		await rows.nth(2).hover()
		await rows.nth(2).getByRole('button', { name: 'More' }).click()
		await opened.page.getByRole('menuitem', { name: 'Select' }).click()
		await rows.nth(3).click()
		await opened.page.getByText('2 selected').waitFor()
	},
	rename: async ({ page }) => {
		await page.locator('a[data-conversation]').nth(3).focus()
		await page.keyboard.press('F2')
		await page.locator('.title-field').waitFor()
	},
	found: async (opened) => {
		await opened.page.keyboard.press('Control+K')
		await opened.page.getByRole('combobox').fill('interval')
		await opened.page.locator('.found').first().waitFor()
	},
	move: async (opened) => {
		await opened.page.getByRole('link', { name: 'Which interval' }).first().click()
		await opened.page.locator('.question').waitFor()
		await command(opened, 'move to folder')
		await opened.page.locator('dialog[open]').waitFor()
	},
	tags: async (opened) => {
		await opened.page.getByRole('link', { name: 'Summarise' }).first().click()
		await opened.page.locator('.question').waitFor()
		await command(opened, 'tags')
		await opened.page.locator('dialog[open]').waitFor()
	},
	imported: async (opened) => {
		await command(opened, 'import')
		await opened.page
			.locator('dialog input[type=file]')
			.setInputFiles(new URL('./fixtures/openai-conversations.json', import.meta.url).pathname)
		await opened.page.locator('.import-report').waitFor()
	},
	'export-all': async (opened) => {
		await command(opened, 'export all')
		await opened.page.locator('dialog[open]').waitFor()
	},
	'models-phone': async (opened) => {
		await narrow(opened)
		await opened.page.locator('.model-button').click()
		await opened.page.locator(':popover-open').waitFor()
	},
	'more-phone': async (opened) => {
		await opened.ask('How is the dose computed for a child?')
		await narrow(opened)
		await opened.page.locator('.top-bar').getByRole('button', { name: 'More' }).click()
		await opened.page.locator(':popover-open').waitFor()
	},
}
