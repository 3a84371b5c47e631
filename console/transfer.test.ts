// Import and export in the page: files of other systems, cancellation, and what is saved.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Download } from 'playwright-core'
import { temporaryFolder } from '../test/server.ts'
import { TestPages } from './page.testing.ts'
import { readZip } from './transfer/read-zip.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

const fixture = (name: string) => join(import.meta.dir, 'fixtures', name)

/** The browser may belong to another process. */
async function downloaded(download: Download): Promise<Uint8Array<ArrayBuffer>> {
	const path = join(await temporaryFolder(), 'download')
	await download.saveAs(path)
	return await Bun.file(path).bytes()
}

async function openImport(page: Awaited<ReturnType<TestPages['openPage']>>['page']): Promise<void> {
	await page.keyboard.press('Control+K')
	await page.getByRole('combobox').fill('import')
	await page.getByRole('option', { name: 'Import conversations…' }).click()
	await page.getByRole('dialog', { name: 'Import conversations' }).waitFor()
}

test('conversations of ChatGPT and Open WebUI come with their branches, times and models', async () => {
	const opened = await pages.openPage()
	const { page, errors } = opened
	for (const round of ['first', 'second']) {
		await openImport(page)
		await page.getByLabel('File', { exact: true }).setInputFiles(fixture('openai-conversations.json'))
		await page.getByText(round === 'first' ? '1 conversation imported.' : '1 had been imported before.').waitFor()
		if (round === 'first')
			for (const sentence of ['1 thought', '2 messages to and from tools', '1 conversation without messages'])
				await page.getByText(sentence).waitFor()
		await page.getByRole('button', { name: 'Done' }).click()
	}
	const title = 'Bridges <img src=x onerror=alert(1)>'
	await page.getByRole('region', { name: 'November 2023' }).getByRole('link', { name: title }).click()
	await page.getByText('From 1591.').waitFor()
	expect(await opened.answers()).toEqual(['The Rialto.', 'From 1591.'])
	await page.getByText('gpt-4o').first().waitFor()
	// The other question, then the other answer to the first one.
	await page.locator('.answer').last().getByRole('button', { name: 'Previous branch' }).click()
	await page.getByText('48 metres.').waitFor()
	await page.locator('.answer').first().getByRole('button', { name: 'Previous branch' }).click()
	await page.getByText('Pont Neuf.').waitFor()
	await opened.ask('And another one?')
	expect((await opened.answers())[0]).toBe('Pont Neuf.')
	await openImport(page)
	// The person has closed the browser's own dialog.
	await page.getByLabel('File', { exact: true }).dispatchEvent('cancel')
	await page.getByLabel('File', { exact: true }).setInputFiles(fixture('open-webui-chats.json'))
	await page.getByText('1 conversation imported.').waitFor()
	await page.getByRole('button', { name: 'Done' }).click()
	await page.getByRole('region', { name: 'Pinned' }).getByRole('link', { name: 'A pixel' }).click()
	await page.locator('.question img').waitFor()
	expect(await opened.answers()).toEqual(['One pixel.', 'Red.'])
	// What is on screen is what Markdown has.
	const saved = page.waitForEvent('download')
	await page.keyboard.press('Control+K')
	await page.getByRole('combobox').fill('markdown')
	await page.keyboard.press('Enter')
	const markdown = new TextDecoder().decode(await downloaded(await saved))
	expect(markdown).toContain('# A pixel')
	expect([markdown.includes('One pixel.'), markdown.includes('A red dot.')]).toEqual([true, false])
	// Everything as an archive.
	const archive = page.waitForEvent('download')
	await page.keyboard.press('Control+K')
	await page.getByRole('combobox').fill('export all')
	await page.keyboard.press('Enter')
	const entries = await readZip(new Blob([await downloaded(await archive)]))
	const pixel = entries.find(({ name }) => name === 'A pixel.json')
	expect(JSON.parse((await pixel?.text(1e6)) ?? '').messages).toHaveLength(6)
	expect(entries.map(({ name }) => name)).toContain('Bridges img srcx onerroralert1.md')
	expect(errors).toEqual([])
}, 60_000)

test('files that are no exports are refused in a sentence', async () => {
	const { page, errors } = await pages.openPage()
	await openImport(page)
	for (const [content, sentence] of [
		['{', 'The file is not JSON, or it is damaged.'],
		['[{"a": 1}]', 'This is not an export of ChatGPT or of Open WebUI.'],
		['PK\u0003\u0004 no archive', 'The ZIP file is damaged, encrypted, or of a kind that cannot be read.'],
	] as const) {
		await page
			.getByLabel('File', { exact: true })
			.setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from(content) })
		await page.getByRole('alert').filter({ hasText: sentence }).waitFor()
	}
	expect(errors).toEqual([])
}, 60_000)

test('an import of 500 conversations can be cancelled, and leaves no half ones', async () => {
	const { page } = await pages.openPage()
	const node = (id: string, parent: string | null, role: string) => ({
		...{ id, parent, children: [] },
		message: { author: { role }, content: { content_type: 'text', parts: [id] } },
	})
	const entries = Array.from({ length: 500 }, (_, index) => ({
		...{ id: `many-${index}`, title: `Many ${index}` },
		mapping: {
			q: node('q', null, 'user'),
			a: node('a', 'q', 'assistant'),
			q2: node('q2', 'a', 'user'),
			a2: node('a2', 'q2', 'assistant'),
		},
		current_node: 'a2',
	}))
	await openImport(page)
	await page.getByLabel('File', { exact: true }).setInputFiles({
		name: 'conversations.json',
		mimeType: 'application/json',
		buffer: Buffer.from(JSON.stringify(entries)),
	})
	await page.getByText(/^[1-9]\d* of 500 conversations$/).waitFor()
	await page.getByRole('button', { name: 'Cancel' }).click()
	const sentence = await page.getByText(/^Cancelled\./).textContent()
	const imported = Number(/\d+/.exec(sentence ?? '')?.[0])
	expect(imported).toBeLessThan(500)
	await page.getByRole('button', { name: 'Done' }).click()
	const { url, key } = pages.server
	const list = async (query: string) => {
		const response = await fetch(`${url}/openai/v1/conversations${query}`, {
			headers: { authorization: `Bearer ${key}` },
		})
		return (await response.json()) as { data: { id: string; title: string }[] }
	}
	const stored = (await list('?limit=100')).data.filter(({ title }) => title.startsWith('Many '))
	expect(stored.length).toBe(Math.min(100, imported))
	for (const { id } of stored.slice(0, 5)) {
		const response = await fetch(`${url}/openai/v1/conversations/${id}/items`, {
			headers: { authorization: `Bearer ${key}` },
		})
		expect(((await response.json()) as { data: unknown[] }).data).toHaveLength(4)
	}
}, 60_000)
