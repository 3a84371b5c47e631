// npm run bench:engine: the embedded engine through a real server, as ratios to the library alone. Both alternate in
// one run, because speeds of one machine at different times cannot be compared. Prints a table and writes it to
// bench/results/engine.json.

import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { catalogue, defaultModelId } from '../src/weights/catalogue.ts'
import { engineFolder, modelFolder } from '../test/engine.ts'
import { root, startServer, type TestServer } from '../test/server.ts'
import { BareLoop } from './bare-loop.ts'
import { type ChatMessage, type TimedChat, timedChat } from './timed-chat.ts'

const rounds = 5
const answerTokens = 96
/** `<|im_end|>` of the default model. */
const endToken = 2

interface Measure {
	readonly name: string
	readonly value: number
	readonly unit: '×' | 'ms' | 'MB'
	readonly aim: number
	/** Whether less is better. */
	readonly atMost: boolean
	readonly details: Readonly<Record<string, number>>
}

const story = 'Tell me a long story about the sea.'

/** About 1,500 tokens; texts with different keys share no prefix. */
function history(key: number): string {
	return `${key} ${'The quick brown fox jumps over the lazy dog near the river bank today. '.repeat(98)}`
}

class EngineBench {
	private readonly server: TestServer
	private readonly bare: BareLoop
	private keys = 0

	constructor(server: TestServer, bare: BareLoop) {
		this.server = server
		this.bare = bare
	}

	private chat(messages: readonly ChatMessage[], tokens: number, onTaken?: () => void): Promise<TimedChat> {
		return timedChat(this.server, {
			model: defaultModelId,
			messages,
			tokens,
			endToken,
			...(onTaken === undefined ? {} : { onTaken }),
		})
	}

	async generation(): Promise<Measure> {
		const prompt = `<|im_start|>user\n${story}<|im_end|>\n<|im_start|>assistant\n`
		const served: number[] = []
		const alone: number[] = []
		for (let round = 0; round < rounds; round++) {
			alone.push(await this.bare.decodeSpeed(prompt, answerTokens))
			served.push((await this.chat([{ role: 'user', content: story }], answerTokens)).speed)
		}
		const details = { servedTokensPerSecond: median(served), libraryTokensPerSecond: median(alone) }
		return {
			name: 'generation through HTTP ÷ library alone',
			value: median(served) / median(alone),
			unit: '×',
			aim: 0.95,
			atMost: false,
			details,
		}
	}

	async concurrency(): Promise<Measure> {
		const speeds = { one: [] as number[], four: [] as number[] }
		for (let round = 0; round < rounds; round++) {
			speeds.one.push(await this.totalSpeed(1))
			speeds.four.push(await this.totalSpeed(4))
		}
		const details = { oneTokensPerSecond: median(speeds.one), fourTokensPerSecond: median(speeds.four) }
		return {
			name: 'total of 4 concurrent requests ÷ 1',
			value: median(speeds.four) / median(speeds.one),
			unit: '×',
			aim: 1.8,
			atMost: false,
			details,
		}
	}

	private async totalSpeed(requests: number): Promise<number> {
		const beganAt = performance.now()
		const answers = await Promise.all(
			Array.from({ length: requests }, (_, at) =>
				this.chat([{ role: 'user', content: `${story} Part ${at}.` }], answerTokens),
			),
		)
		return (
			(answers.reduce((sum, { completionTokens }) => sum + completionTokens, 0) / (performance.now() - beganAt)) * 1000
		)
	}

	async prefix(): Promise<Measure> {
		const cold: number[] = []
		const warm: number[] = []
		let promptTokens = 0
		for (let round = 0; round < rounds; round++) {
			const opening: ChatMessage = { role: 'user', content: history(this.keys++) }
			const first = await this.chat([opening], 2)
			const next = await this.chat(
				[opening, { role: 'assistant', content: 'I see.' }, { role: 'user', content: 'What comes next?' }],
				2,
			)
			cold.push(first.firstTokenMs)
			warm.push(next.firstTokenMs)
			promptTokens = first.promptTokens
		}
		const details = { promptTokens, coldMs: median(cold), warmMs: median(warm) }
		return {
			name: 'first token on a long history, cold ÷ warm',
			value: median(cold) / median(warm),
			unit: '×',
			aim: 15,
			atMost: false,
			details,
		}
	}

	async fairness(): Promise<Measure> {
		const served: number[] = []
		const alone: number[] = []
		for (let round = 0; round < rounds; round++) {
			const key = this.keys++
			alone.push(await this.bare.waitBehind(history(key), 'Hi!'))
			const taken = Promise.withResolvers<void>()
			const long = this.chat([{ role: 'user', content: history(key) }], 2, taken.resolve)
			await taken.promise
			served.push((await this.chat([{ role: 'user', content: `Hi! ${key}` }], 2)).firstTokenMs)
			await long
		}
		const details = { waitMs: median(served), waitBehindOneCallMs: median(alone) }
		return {
			name: 'short request during a long prompt ÷ prompt in one call',
			value: median(served) / median(alone),
			unit: '×',
			aim: 0.1,
			atMost: true,
			details,
		}
	}
}

async function startToAnswer(): Promise<Measure> {
	const times: number[] = []
	for (let round = 0; round < rounds; round++) {
		const beganAt = performance.now()
		const server = await startServer()
		const response = await server.call('/v1/chat/completions', {
			model: 'echo',
			messages: [{ role: 'user', content: 'Hi!' }],
		})
		if (!response.ok) throw new Error(`the echo engine answered ${response.status}`)
		times.push(performance.now() - beganAt)
		await server.stop()
	}
	return {
		name: 'start to first answer, echo engine',
		value: median(times),
		unit: 'ms',
		aim: 300,
		atMost: true,
		details: {},
	}
}

/** Linux only: other systems have no such file, so there is no measurement. */
function idleMemory({ pid }: TestServer): Measure[] {
	try {
		const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
		return [
			{
				name: 'resident memory of the idle gateway',
				value: Number(kilobytes) / 1000,
				unit: 'MB',
				aim: 80,
				atMost: true,
				details: {},
			},
		]
	} catch {
		return []
	}
}

async function ready({ url, log }: TestServer): Promise<void> {
	const giveUpAt = performance.now() + 60_000
	while ((await fetch(`${url}/ready`)).status !== 200) {
		if (performance.now() > giveUpAt) throw new Error(`the model is not ready: ${log()}`)
		await Bun.sleep(50)
	}
}

function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function row({ name, value, unit, aim, atMost, details }: Measure): Readonly<Record<string, string>> {
	const digits = unit === '×' ? 2 : 0
	return {
		measure: name,
		value: `${value.toFixed(digits)} ${unit}`,
		aim: `${atMost ? '≤' : '≥'} ${aim} ${unit}`,
		met: (atMost ? value <= aim : value >= aim) ? 'yes' : 'no',
		details: Object.entries(details)
			.map(([word, number]) => `${word} ${number.toFixed(0)}`)
			.join(', '),
	}
}

async function measureAll(): Promise<readonly Measure[]> {
	const start = await startToAnswer()
	const file = catalogue.find(({ id }) => id === defaultModelId)?.file
	if (file === undefined) throw new Error(`${defaultModelId} is not in the catalogue`)
	const server = await startServer({
		config: [
			`engineFolder: ${engineFolder}`,
			`modelFolder: ${modelFolder}`,
			'download: false',
			`models: { ${defaultModelId}: { route: [embedded] } }`,
			`upstreams: { embedded: { engine: llama, model: ${defaultModelId} } }`,
		].join('\n'),
	})
	const bare = await BareLoop.open(engineFolder, join(modelFolder, file))
	try {
		await ready(server)
		const idle = idleMemory(server)
		const bench = new EngineBench(server, bare)
		return [
			await bench.generation(),
			await bench.concurrency(),
			await bench.prefix(),
			await bench.fairness(),
			start,
			...idle,
		]
	} finally {
		await server.stop()
		await bare.close()
	}
}

const measures = await measureAll()
console.table(measures.map(row))
await mkdir(join(root, 'bench', 'results'), { recursive: true })
const results = { model: defaultModelId, processor: cpus()[0]?.model, cores: cpus().length, bun: Bun.version, measures }
await writeFile(join(root, 'bench', 'results', 'engine.json'), `${JSON.stringify(results, undefined, '\t')}\n`)
