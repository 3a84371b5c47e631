// What a long answer costs the page: processor time in all, and the longest task.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { TestPages } from './page.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

interface TraceEvent {
	readonly name: string
	readonly pid: number
	readonly tid: number
	/** Processor time of the thread, in microseconds. */
	readonly tdur?: number
	readonly args?: { readonly name?: string }
}

/** Processor times of the page's tasks in milliseconds: other load on this machine is not counted. */
function taskTimes(trace: Buffer): readonly number[] {
	const { traceEvents } = JSON.parse(trace.toString()) as { readonly traceEvents: readonly TraceEvent[] }
	const tasks = traceEvents.filter(({ name, tdur }) => name === 'ThreadControllerImpl::RunTask' && tdur !== undefined)
	const mains = traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
	const times = mains.map(({ pid, tid }) =>
		tasks.filter((task) => task.pid === pid && task.tid === tid).map(({ tdur = 0 }) => tdur / 1000),
	)
	return times.sort((a, b) => sum(b) - sum(a))[0] ?? []
}

/** The task times of `run`, and of the frames after it. */
async function trace(page: Page, run: () => Promise<void>): Promise<readonly number[]> {
	const browser = page.context().browser()
	await browser?.startTracing(page, { categories: ['toplevel', '__metadata'] })
	await run()
	await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
	return taskTimes((await browser?.stopTracing()) ?? Buffer.from('{"traceEvents":[]}'))
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const list = (items: number) =>
	Array.from({ length: items }, (_, index) => `- item ${index} with **bold** and \`code\``).join('\n')
const table = (rows: number) =>
	`| name | value |\n|---|--:|\n${Array.from({ length: rows }, (_, index) => `| row ${index} | **${index}** |`).join('\n')}`
const code = (lines: number) =>
	`\`\`\`js\n${Array.from({ length: lines }, (_, index) => `const v${index} = ${index}${index % 40 === 39 ? '\n' : ''}`).join('\n')}\n\`\`\``
const mixed = Array.from(
	{ length: 140 },
	(_, index) =>
		`## Part ${index}\n\nSome *text* with a [link](https://example.org/${index}) and **more** of it.\n\n${list(10)}\n\n${table(6)}\n\n${code(12)}`,
).join('\n\n')

const answers = {
	'lists, tables and code': mixed,
	'5,000 lines of code': code(5000),
	'one list of 2,000 items': list(2000),
	'one table of 2,000 rows': table(2000),
}

for (const [name, text] of Object.entries(answers)) {
	test(`${name}: at most 2 s, and no long task`, async () => {
		const opened = await pages.openPage()
		const { page } = opened
		// The cost of writing and showing a question of this length is none of the answer's.
		await page.route('**/v1/responses', (route) => {
			const content = [{ type: 'input_text', text: `echo:say ${text}\n\nThe end.` }]
			const input = [{ type: 'message', role: 'user', content }]
			void route.continue({ postData: { ...route.request().postDataJSON(), input } })
		})
		const times = await trace(page, async () => {
			await opened.ask('A long answer')
			await page.locator('.answer', { hasText: 'The end.' }).waitFor()
		})
		expect(times.length).toBeGreaterThan(10)
		expect(sum(times)).toBeLessThan(2000)
		// 50 ms on a machine that has nothing else to do.
		expect(Math.max(...times)).toBeLessThan(200)
	}, 120_000)
}

test('a long text is pasted as an attachment, and a question is typed, without a long task', async () => {
	const { page } = await pages.openPage({ permissions: ['clipboard-read', 'clipboard-write'] })
	await page.evaluate((text) => {
		const source = document.body.appendChild(document.createElement('textarea'))
		source.value = text
		source.select()
		document.execCommand('copy')
		source.remove()
	}, mixed)
	await page.focus('#message')
	const times = await trace(page, async () => {
		await page.keyboard.press('ControlOrMeta+v')
		await page.keyboard.type(' more')
	})
	expect(await page.inputValue('#message')).toBe(' more')
	await page
		.getByRole('listitem')
		.filter({ hasText: 'Pasted text' })
		.getByText(/tokens$/)
		.waitFor()
	expect(Math.max(...times)).toBeLessThan(1000)
}, 60_000)
