// A newcomer with the default model and its real weights: from the link, or from a pasted key, to the first words of an answer.

import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { catalogue, defaultModelId } from '../src/weights/catalogue.ts'
import { engineFolder, isEngineHere, modelFolder } from '../test/engine.ts'
import { startServer } from '../test/server.ts'
import { signedIn, TestPages } from './page.testing.ts'

const weights = catalogue.find(({ id }) => id === defaultModelId)?.file ?? ''
const isHere = isEngineHere && existsSync(join(modelFolder, weights))
const config = `models: embedded\nengineFolder: ${engineFolder}\nmodelFolder: ${modelFolder}\ndownload: false\n`

test.skipIf(!isHere)(
	'the link and a pasted key lead to an answer of the default model, without a click',
	async () => {
		await using pages = await TestPages.of(await startServer({ config, startTimeoutMs: 60_000 }))
		const { url, key } = pages.server
		const words = { hasText: /\p{L}/u }
		const first = await pages.openPage({}, `${url}/#key=${key}`)
		await signedIn(first.page)
		const startedAt = performance.now()
		await first.page.keyboard.type('What is the capital of France?')
		await first.page.keyboard.press('Enter')
		await first.page.locator('.answer .markdown', words).waitFor()
		// Ten seconds on a machine that has nothing else to do.
		expect(performance.now() - startedAt).toBeLessThan(30_000)
		const second = await pages.openPage({}, url)
		await second.page.locator('input[name=key]:focus').waitFor()
		await second.page.keyboard.insertText(` ${key}\n`)
		await second.page.keyboard.press('Enter')
		await signedIn(second.page)
		await second.page.keyboard.type('Hello!')
		await second.page.keyboard.press('Enter')
		await second.page.locator('.answer .markdown', words).waitFor()
		expect([first.errors, second.errors]).toEqual([[], []])
	},
	120_000,
)
