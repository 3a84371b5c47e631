// What becomes of each thing that a client can ask for, or a model can say, between every dialect and every engine's wire. The outcome is
// written down in docs/fidelity.md: this test fails where that page says otherwise, and where anything is lost in silence. With
// `DRAGOMAN_TEST_WRITE=1` it writes the page.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { root, startServer, type TestServer } from '../server.ts'
import { tongues } from '../tongues/list.ts'
import type { Letter, Tongue } from '../tongues/tongue.ts'
import { type AnswerFeature, answerFeatures, type RequestFeature, requestFeatures } from './features.ts'
import { hears, unheard, unsaid } from './hearings.ts'
import { phrases } from './phrases.ts'
import { wires } from './wires/list.ts'
import type { Wire } from './wires/wire.ts'

type Outcome = 'kept' | 'translated' | 'refused' | 'dropped' | 'no words' | 'not said' | 'lost'

/** As the page shows them. */
const signs: Readonly<Record<Outcome, string>> = {
	kept: 'kept',
	translated: 'translated',
	refused: 'refused',
	dropped: 'dropped',
	'no words': '–',
	'not said': '·',
	lost: 'LOST',
}

const page = join(root, 'docs', 'fidelity.md')
const marker = '<!-- The tables below are written by test/fidelity. -->'

/** Where something was left out and nobody was told. */
const losses: string[] = []

/** What the upstreams say next, and what they were last asked. */
let saying: AnswerFeature = 'text'
let asked: unknown
const upstream = Bun.serve({
	port: 0,
	hostname: '127.0.0.1',
	async fetch(request) {
		const { pathname } = new URL(request.url)
		const wire = wires.find(({ name }) => pathname.startsWith(`/${name}/`))
		if (wire === undefined) return new Response(null, { status: 404 })
		asked = await request.json()
		const { status, headers = {}, body } = wire.answer(saying, isStream(pathname, asked))
		return typeof body === 'string' ? new Response(body, { status, headers }) : Response.json(body, { status, headers })
	},
})
let server: TestServer

function isStream(path: string, body: unknown): boolean {
	return (
		path.includes('stream') || (typeof body === 'object' && body !== null && 'stream' in body && body.stream === true)
	)
}

beforeAll(async () => {
	const url = String(upstream.url).replace(/\/$/, '')
	server = await startServer({
		config: [
			'models:',
			...wires.map(({ name }) => `  ${name}: { route: [${name}], retry: { attempts: 1 } }`),
			'upstreams:',
			...wires.map(
				(wire) => `  ${wire.name}: { ${wire.configure(`${url}/${wire.name}`)}, breaker: { failures: 100000 } }`,
			),
		].join('\n'),
	})
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

function send({ path, headers }: Letter, body: object): Promise<Response> {
	return fetch(server.url + path, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers(server.key) },
		body: JSON.stringify(body),
	})
}

/** The words of the same family are kept, all others translated. */
function carried(tongue: Tongue, wire: Wire): Outcome {
	return tongue.family === wire.family ? 'kept' : 'translated'
}

async function request(tongue: Tongue, wire: Wire, feature: RequestFeature): Promise<Outcome> {
	const phrase = phrases[tongue.name]?.[feature]
	if (phrase === undefined) return 'no words'
	const letter = tongue.write({ model: wire.name, turns: [{ role: 'user', text: 'hello' }] })
	saying = 'text'
	asked = undefined
	const response = await send(letter, phrase({ ...letter.body }))
	const text = await response.text()
	const place = `${tongue.name} before ${wire.name}: ${requestFeatures[feature]}`
	if (response.status >= 400) {
		if (response.status >= 500 || asked !== undefined) return lose(`${place}: ${response.status} ${text}`)
		expect(tongue.readError(JSON.parse(text)).length).toBeGreaterThan(10)
		return 'refused'
	}
	if (wire.sees[feature](asked)) return carried(tongue, wire)
	if (response.headers.has('x-dragoman-dropped')) return 'dropped'
	return lose(`${place}: the upstream was asked ${JSON.stringify(asked)}`)
}

const streamed: ReadonlySet<AnswerFeature> = new Set(['callsStreamed', 'usageStreamed', 'errorMidStream'])
const called: ReadonlySet<AnswerFeature> = new Set(['calls', 'callsStreamed'])

async function answer(tongue: Tongue, wire: Wire, feature: AnswerFeature): Promise<Outcome> {
	if (unsaid[wire.name]?.includes(feature) === true) return 'not said'
	if (unheard[tongue.name]?.includes(feature) === true) return 'no words'
	const stream = streamed.has(feature)
	const tool = called.has(feature) ? { tool: { name: 'look', parameter: 'place' } } : {}
	const letter = tongue.write({ model: wire.name, turns: [{ role: 'user', text: 'hello' }], stream, ...tool })
	saying = feature
	const options = tongue.family === 'openai' && stream ? { stream_options: { include_usage: true } } : {}
	const response = await send(letter, { ...letter.body, ...options })
	const { text, whole } = await drain(response)
	const heard = { status: response.status, headers: response.headers, text }
	const said =
		response.status >= 400 ? {} : { said: stream ? tongue.readStream(text, whole) : tongue.readWhole(JSON.parse(text)) }
	if (hears(feature, { ...heard, ...said }, tongue)) return carried(tongue, wire)
	if (response.headers.has('x-dragoman-dropped')) return 'dropped'
	return lose(`${tongue.name} before ${wire.name}: ${answerFeatures[feature]}: ${response.status} ${text}`)
}

function lose(complaint: string): Outcome {
	losses.push(complaint)
	return 'lost'
}

async function drain(response: Response): Promise<{ readonly text: string; readonly whole: boolean }> {
	const decoder = new TextDecoder()
	let text = ''
	try {
		for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true })
		return { text, whole: true }
	} catch {
		return { text, whole: false }
	}
}

async function table<Feature extends string>(
	title: string,
	features: Readonly<Record<Feature, string>>,
	judge: (wire: Wire, feature: Feature) => Promise<Outcome>,
): Promise<string> {
	const rows: string[] = []
	for (const [feature, words] of Object.entries(features) as [Feature, string][]) {
		const cells: string[] = []
		for (const wire of wires) cells.push(signs[await judge(wire, feature)])
		rows.push(`| ${words} | ${cells.join(' | ')} |`)
	}
	const names = wires.map(({ name }) => name)
	return [`| ${title} | ${names.join(' | ')} |`, `|---|${'---|'.repeat(names.length)}`, ...rows].join('\n')
}

test('docs/fidelity.md tells what becomes of everything', async () => {
	const sections: string[] = []
	for (const tongue of tongues) {
		const requests = await table('asked for', requestFeatures, (wire, feature) => request(tongue, wire, feature))
		const answers = await table('answered', answerFeatures, (wire, feature) => answer(tongue, wire, feature))
		sections.push(`## ${tongue.name}\n\n${requests}\n\n${answers}\n`)
	}
	expect(losses).toEqual([])
	const written = await Bun.file(page).text()
	const [head = ''] = written.split(marker)
	const found = `${head}${marker}\n\n${sections.join('\n')}`
	if (process.env.DRAGOMAN_TEST_WRITE === '1') await Bun.write(page, found)
	else expect(written).toBe(found)
}, 120_000)
