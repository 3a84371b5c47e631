// Several processes on one address: starts them, starts one again that died, hands signals on, and passes their metrics from one to the
// other. It serves nothing itself.

import { createServer } from 'node:net'
import type { Subprocess } from 'bun'
import { openConfiguredLog, type Settings } from '../config/settings.ts'
import { engineKinds } from '../engines/list.ts'
import { makeFirstKey } from '../keys/first-key.ts'
import type { MetricSnapshot } from '../telemetry/metric.ts'
import { systemClock } from '../time/clock.ts'
import { Complaint } from './complaint.ts'
import type { CommandSurroundings } from './program.ts'
import type { ForemanMessage, WorkerMessage } from './worker.ts'

type Welcome = (url: string, firstKey: string | undefined, model: string, version: string) => readonly string[]

const restartPauseMs = 1000
const answerMs = 1500

/** Resolves when all of them ended after a signal. */
export async function superviseWorkers(
	count: number,
	settings: Settings,
	surroundings: CommandSurroundings,
	welcome: Welcome,
): Promise<void> {
	refuseEmbedded(settings)
	const address = await fixPort(settings.config.listen)
	const workers = new Workers(address, settings, surroundings)
	const ended = workers.endAtSignal()
	await workers.start(count)
	const [model] = Object.keys(settings.config.models)
	const firstKey = await firstKeyOf(settings)
	for (const line of welcome(`http://${address}`, firstKey, model ?? 'MODEL', surroundings.version))
		surroundings.print(line)
	await ended
}

class Workers {
	private readonly address: string
	private readonly settings: Settings
	private readonly surroundings: CommandSurroundings
	private readonly running = new Set<Subprocess>()
	private readonly inquiries = new Map<number, (metrics: readonly MetricSnapshot[]) => void>()
	private lastInquiry = 0
	private ending = false

	constructor(address: string, settings: Settings, surroundings: CommandSurroundings) {
		this.address = address
		this.settings = settings
		this.surroundings = surroundings
	}

	/** @throws Complaint where one ends before it serves. */
	async start(count: number): Promise<void> {
		await Promise.all(Array.from({ length: count }, () => this.startOne()))
	}

	/** Resolves once a signal came and all workers are gone. */
	endAtSignal(): Promise<void> {
		return new Promise((resolve) => {
			const end = async () => {
				const again = this.ending
				this.ending = true
				for (const worker of this.running) worker.kill(again ? 'SIGKILL' : 'SIGTERM')
				await Promise.all([...this.running].map(({ exited }) => exited))
				resolve()
			}
			for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end())
			process.on('SIGHUP', () => {
				for (const worker of this.running) worker.kill('SIGHUP')
			})
		})
	}

	private async startOne(): Promise<void> {
		const serving = Promise.withResolvers<void>()
		let served = false
		const { command, environment } = this.surroundings
		const { file, dataFolder } = this.settings
		const [program = process.execPath, ...args] = command
		const config = file === undefined ? [] : ['--config', file]
		const worker = Bun.spawn(
			[program, ...args, 'serve', '--worker', '--listen', this.address, '--data', dataFolder, ...config],
			{
				env: { ...environment },
				stdin: 'ignore',
				stdout: 'inherit',
				stderr: 'inherit',
				ipc: (message: WorkerMessage, from) => {
					if (message.type === 'serving') {
						served = true
						serving.resolve()
					} else this.hear(message, from)
				},
			},
		)
		this.running.add(worker)
		void worker.exited.then(async (status) => {
			this.running.delete(worker)
			serving.reject(new Complaint(`A worker ended before it served, with status ${status}.`))
			if (served && !this.ending) await this.replace(status)
		})
		await serving.promise
	}

	private async replace(status: number | null): Promise<void> {
		openConfiguredLog(this.settings).error({ status }, 'a worker ended and is started again')
		while (!this.ending) {
			await systemClock.sleep(restartPauseMs)
			if (this.ending) return
			const started = await this.startOne().then(
				() => true,
				() => false,
			)
			if (started) return
		}
	}

	private hear(message: Exclude<WorkerMessage, { type: 'serving' }>, from: Subprocess): void {
		switch (message.type) {
			case 'metrics':
				this.inquiries.get(message.inquiry)?.(message.metrics)
				break
			case 'others':
				void this.tellOthers(message.inquiry, from)
		}
	}

	private async tellOthers(inquiry: number, from: Subprocess): Promise<void> {
		const others = [...this.running].filter((worker) => worker !== from)
		const metrics = (await Promise.all(others.map((worker) => this.ask(worker)))).filter(({ length }) => length > 0)
		const answer: ForemanMessage = { type: 'others', inquiry, metrics }
		if (this.running.has(from)) from.send(answer)
	}

	/** A worker's metrics, or none where it does not answer in time. */
	private ask(worker: Subprocess): Promise<readonly MetricSnapshot[]> {
		const inquiry = ++this.lastInquiry
		return new Promise((resolve) => {
			const end = (metrics: readonly MetricSnapshot[]) => {
				clearTimeout(late)
				this.inquiries.delete(inquiry)
				resolve(metrics)
			}
			const late = setTimeout(end, answerMs, [])
			this.inquiries.set(inquiry, end)
			const question: ForemanMessage = { type: 'metrics', inquiry }
			worker.send(question)
		})
	}
}

/** An engine that lives with its gateway would live once in each worker. */
function refuseEmbedded({ config }: Settings): void {
	for (const [name, { engine }] of Object.entries(config.upstreams))
		if (engineKinds[engine]?.ownsProcess === true)
			throw new Complaint(
				`With --workers, every worker would start its own engine for the upstream '${name}'. Run it by itself with \`dragoman engine serve\`, and name it as an upstream of the engine openai-compatible.`,
			)
}

/** A port that is free now, where any will do: all workers must name the same. */
async function fixPort(address: string): Promise<string> {
	if (!address.endsWith(':0')) return address
	const host = address.slice(0, -2)
	const server = createServer()
	await new Promise<void>((resolve) => server.listen(0, host.replace(/^\[|\]$/g, ''), resolve))
	const bound = server.address()
	await new Promise((resolve) => server.close(resolve))
	return `${host}:${typeof bound === 'object' && bound !== null ? bound.port : 0}`
}

async function firstKeyOf(settings: Settings): Promise<string | undefined> {
	if (settings.config.adminKey !== undefined) return undefined
	const { openStores } = await import('../stores/open-stores.ts')
	const stores = await openStores(settings)
	try {
		return await makeFirstKey(stores.keys, systemClock.now())
	} finally {
		await stores.close()
	}
}
