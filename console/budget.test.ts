// What the first visit costs: bytes, processor time until the page can be used, and shifts of the layout.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Glob } from 'bun'
import type { CDPSession } from 'playwright-core'
import { fontFolder, fontWeights, makeFont } from '../scripts/subset-fonts.ts'
import { signedIn, TestPages } from './page.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

/** Bytes on the network by path, with the headers. */
function countBytes(session: CDPSession): ReadonlyMap<string, number> {
	const paths = new Map<string, string>()
	const bytes = new Map<string, number>()
	session.on('Network.responseReceived', ({ requestId, response }) => {
		paths.set(requestId, new URL(response.url).pathname)
	})
	session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
		const path = paths.get(requestId) ?? ''
		bytes.set(path, (bytes.get(path) ?? 0) + encodedDataLength)
	})
	return bytes
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0)

test('the fonts have the weights of the style sheets, and are made from their packages', async () => {
	const declared = new Set<string>()
	const used = new Set<number>()
	for await (const name of new Glob('styles/*.css').scan(import.meta.dir)) {
		const styles = await Bun.file(join(import.meta.dir, name)).text()
		for (const [, weights = ''] of styles.matchAll(/font-weight: ([\d ]+);/g))
			if (weights.includes(' ')) declared.add(weights)
			else used.add(Number(weights))
	}
	expect([...declared]).toEqual([`${fontWeights.min} ${fontWeights.max}`])
	expect([...used].filter((weight) => weight < fontWeights.min || weight > fontWeights.max)).toEqual([])
	expect(used.size).toBeGreaterThan(2)
	// The smallest of them: compression takes seconds.
	const name = 'sans-extended.woff2'
	expect(Buffer.from(await makeFont(name)).equals(await readFile(join(fontFolder, name)))).toBe(true)
}, 60_000)

test('the first load is at most 130 kB, and nothing heavy is loaded before it is needed', async () => {
	const { url, key } = pages.server
	const { page } = await pages.openPage({}, `${url}/health`)
	const session = await page.context().newCDPSession(page)
	await session.send('Network.enable')
	const bytes = countBytes(session)
	await page.goto(`${url}/#key=${key}`)
	await signedIn(page)
	// What arrives after the message box counts, too.
	await page.locator('.starter').first().waitFor()
	await page.waitForLoadState('networkidle')
	const loaded = [...bytes.keys()].filter((path) => path.startsWith('/page/'))
	expect(loaded.length).toBeGreaterThan(2)
	const ofPage = [...bytes].filter(([path]) => path === '/' || path.startsWith('/page/'))
	expect(sum(ofPage.map(([, count]) => count))).toBeLessThan(130_000)
	expect(loaded.filter((path) => /maths|KaTeX|mermaid|diagram|italic|mono/.test(path))).toEqual([])
}, 60_000)

/** Of a phone network, in bytes per second and milliseconds. */
const [bytesPerSecond, latencyMs] = [1_600_000 / 8, 150]
/** How much slower than `referenceMs` a phone is. */
const slowdown = 4
/** Processor time of `work` on the machine on which the budget was set, in milliseconds. */
const referenceMs = 90
/** Reads scripts, creates elements and lays them out, as a page that starts. */
const work = `(() => {
	let sum = 0
	for (let round = 0; round < 4; round++) {
		const names = Array.from({ length: 400 }, (_, index) => 'value' + round + 'x' + index)
		const source = names.map((name, index) => 'function ' + name + '(a) { return { a, b: [a, ' + index + '] } }').join(';')
		sum += new Function(source + ';return [' + names.join(',') + '].map((made) => made(1).b[1])')().length
		const list = document.createElement('ul')
		list.innerHTML = names.map((name) => '<li class="row"><b>' + name + '</b> <span>text of it</span></li>').join('')
		document.body.append(list)
		sum += list.offsetHeight
		list.remove()
	}
	return sum
})()`

/** Processor time of the page's tasks so far, in milliseconds, without what the test itself costs. */
async function measuredTime(session: CDPSession): Promise<() => Promise<number>> {
	await session.send('Performance.enable', { timeDomain: 'threadTicks' })
	return async () => {
		const { metrics } = await session.send('Performance.getMetrics')
		const metricOf = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN
		return 1000 * (metricOf('TaskDuration') - metricOf('DevToolsCommandDuration'))
	}
}

async function timeOfWork(address: string): Promise<number> {
	const { page } = await pages.openPage({}, address)
	const busyMs = await measuredTime(await page.context().newCDPSession(page))
	const before = await busyMs()
	await page.evaluate(`new Promise((resolve) => setTimeout(() => resolve(${work})))`)
	const workMs = (await busyMs()) - before
	await page.context().close()
	return workMs
}

test('the page can be used within a second on a slow phone network', async () => {
	const { url, key } = pages.server
	// Other load on this machine slows the processor down as well: the fastest of several first visits counts, as well as the
	// fastest time of the same work, which shows how fast this machine is. A busy machine needs more visits.
	const workTimes: number[] = []
	const taskTimes: number[] = []
	const transferTimes: number[] = []
	const usableMs = () => {
		const [workMs, taskMs] = [Math.min(...workTimes), Math.min(...taskTimes)]
		return 2 * latencyMs + Math.max(...transferTimes) + slowdown * taskMs * (referenceMs / workMs)
	}
	for (let visit = 0; visit < 3 || (visit < 12 && usableMs() >= 1000); visit++) {
		workTimes.push(await timeOfWork(`${url}/health`))
		const { page } = await pages.openPage({}, `${url}/health`)
		const session = await page.context().newCDPSession(page)
		await session.send('Network.enable')
		const busyMs = await measuredTime(session)
		const bytes = countBytes(session)
		const order: string[] = []
		page.on('request', (request) => order.push(new URL(request.url()).pathname))
		const before = await busyMs()
		await page.goto(`${url}/#key=${key}`)
		await page.locator('#message').waitFor()
		taskTimes.push((await busyMs()) - before)
		// The message box does not wait for what is requested after it. The font is shown when it arrives.
		const first = order.slice(
			0,
			order.findIndex((path) => path.includes('/v1/')),
		)
		const needed = [...bytes].filter(([path]) => first.includes(path) && /^\/(?:page\/.*\.(?:js|css))?$/.test(path))
		expect(needed.length).toBeGreaterThan(2)
		transferTimes.push((sum(needed.map(([, count]) => count)) / bytesPerSecond) * 1000)
		// The document, and then everything that it names: the message box does not wait for the API.
		expect(order.slice(1, 4).every((path) => path.startsWith('/page/'))).toBe(true)
		await page.context().close()
	}
	expect(Math.min(...workTimes)).toBeGreaterThan(0)
	expect(Math.min(...taskTimes)).toBeGreaterThan(0)
	expect(usableMs()).toBeLessThan(1000)
}, 120_000)

test('the script of another language arrives with the first one, and is loaded once', async () => {
	const { url } = pages.server
	const linked = async (accepted: string) => {
		const response = await fetch(`${url}/settings`, { headers: { 'accept-language': accepted } })
		expect(response.headers.get('vary')).toContain('accept-language')
		return /<link rel="modulepreload" href="\.\/(page\/[^"]+)" \/>/.exec(await response.text())?.[1]
	}
	const french = await linked('fr-FR,fr;q=0.9,en;q=0.8')
	expect(await (await fetch(`${url}/${french}`)).text()).toContain('Que souhaitez-vous')
	expect(await linked('de, FR;q=0.5')).toBe(french)
	for (const accepted of ['en-GB,en;q=0.9,fr;q=0.8', 'de', '', '*'])
		expect([accepted, await linked(accepted)]).toEqual([accepted, undefined])
	const { page } = await pages.openPage({ locale: 'fr-FR' })
	await page.getByText('Que souhaitez-vous').waitFor()
	const loads: readonly (readonly [string, number, number])[] = await page.evaluate(() =>
		performance
			.getEntriesByType('resource')
			.flatMap((entry) =>
				entry instanceof PerformanceResourceTiming ? [[entry.name, entry.startTime, entry.responseEnd]] : [],
			),
	)
	const [first] = loads.filter(([name]) => name.includes('/page/main-'))
	const languages = loads.filter(([name]) => name.endsWith(String(french)))
	expect(languages.length).toBe(1)
	expect(languages[0]?.[1]).toBeLessThan(first?.[2] ?? 0)
}, 60_000)

test('on that network the message box appears, and nothing moves when fonts and lists arrive', async () => {
	const { url, key } = pages.server
	const { page } = await pages.openPage({}, `${url}/health`)
	const session = await page.context().newCDPSession(page)
	await session.send('Network.enable')
	await session.send('Network.emulateNetworkConditions', {
		offline: false,
		latency: latencyMs,
		downloadThroughput: bytesPerSecond,
		uploadThroughput: bytesPerSecond,
	})
	await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
	await page.addInitScript(`
		globalThis.shift = 0
		new PerformanceObserver((list) => {
			for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value
		}).observe({ type: 'layout-shift', buffered: true })`)
	await page.goto(`${url}/#key=${key}`)
	await page.locator('#message').waitFor()
	await signedIn(page)
	await page.evaluate('document.fonts.ready')
	expect(await page.evaluate('shift')).toBeLessThan(0.02)
}, 60_000)
