// Several processes on one address: starts them, starts one again that died, ends and reloads them, and passes their metrics from one to
// the other. It serves nothing itself.

import type { Subprocess } from 'bun'
import { openConfiguredLog, type Settings } from '../config/settings.ts'
import { engineKinds } from '../engines/list.ts'
import { systemClock } from '../system/clock.ts'
import type { MetricSnapshot } from '../telemetry/metric.ts'
import { guardAddress } from './address-guard.ts'
import type { CommandContext } from './command.ts'
import { Complaint, hopelessStatus } from './complaint.ts'
import { cannotListen } from './listen-failure.ts'
import { forcedStatus } from './stop.ts'
import { followStop } from './stop-request.ts'
import { greet } from './welcome.ts'
import type { ForemanMessage, WorkerMessage } from './worker.ts'

const restartPauseMs = 1000
const answerMs = 1500

/** Resolves when all of them ended after a signal. */
export async function superviseWorkers(count: number, settings: Settings, surroundings: CommandContext): Promise<void> {
	refuseEmbedded(settings)
	const { listen } = settings.config
	const { address } = await guardAddress(listen).catch((cause: unknown) => {
		throw cannotListen(listen, cause)
	})
	const workers = new Workers(address, settings, surroundings)
	const stop = followStop(surroundings, () => workers.kill())
	stop.onReload(() => workers.reload())
	const ended = stop.begun.then(() => workers.end())
	const started = workers.start(count).catch(async (cause: unknown) => {
		await workers.end()
		throw cause
	})
	await Promise.race([started, ended])
	if (workers.ending) return ended
	await greetOrEnd(`http://${address}`, settings, surroundings, workers)
	await ended
}

class Workers {
	private readonly address: string
	private readonly settings: Settings
	private readonly surroundings: CommandContext
	private readonly running = new Set<Subprocess>()
	private readonly inquiries = new Map<number, (metrics: readonly MetricSnapshot[]) => void>()
	private lastInquiry = 0
	private isEnding = false

	constructor(address: string, settings: Settings, surroundings: CommandContext) {
		this.address = address
		this.settings = settings
		this.surroundings = surroundings
	}

	/** @throws Complaint where one ends before it serves. */
	async start(count: number): Promise<void> {
		await Promise.all(Array.from({ length: count }, () => this.startOne()))
	}

	get ending(): boolean {
		return this.isEnding
	}

	/** Resolves once all workers have ended gracefully. */
	async end(): Promise<void> {
		this.isEnding = true
		for (const worker of this.running) send(worker, { type: 'end' })
		await Promise.all([...this.running].map(({ exited }) => exited))
	}

	/** Ends all workers and this process at once. */
	kill(): void {
		for (const worker of this.running) worker.kill('SIGKILL')
		process.exit(forcedStatus)
	}

	reload(): void {
		for (const worker of this.running) send(worker, { type: 'reload' })
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
			if (this.isEnding) serving.resolve()
			else serving.reject(workerEnded(status))
			if (served && !this.isEnding) await this.replace(status)
		})
		await serving.promise
	}

	private async replace(status: number | null): Promise<void> {
		openConfiguredLog(this.settings).error({ status }, 'a worker ended and is started again')
		while (!this.isEnding) {
			await systemClock.sleep(restartPauseMs)
			if (this.isEnding) return
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
		if (this.running.has(from)) send(from, answer)
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
			send(worker, question)
		})
	}
}

/** The worker has printed the reason. */
function workerEnded(status: number | null): Complaint {
	const exitCode = status === hopelessStatus ? hopelessStatus : 1
	return new Complaint(`A worker ended before it served, with status ${status}.`, exitCode)
}

/** An engine that lives with its gateway would live once in each worker. */
function refuseEmbedded({ config }: Settings): void {
	for (const [name, { engine, model = 'MODEL' }] of Object.entries(config.upstreams))
		if (engineKinds[engine]?.ownsProcess === true)
			throw new Complaint(
				`With --workers, every worker would start its own engine for the upstream '${name}'. Run the engine by itself with \`npx dragoman engine --model ${model} --listen 127.0.0.1:8081\`, and change the upstream to \`engine: openai-compatible\` with \`url: http://127.0.0.1:8081/v1\`.`,
			)
}

/** The supervisor serves nothing, so it opens the database for the first key alone. */
async function greetOrEnd(
	url: string,
	settings: Settings,
	surroundings: CommandContext,
	workers: Workers,
): Promise<void> {
	const { openStores } = await import('../stores/open-stores.ts')
	try {
		const stores = await openStores(settings, 'create')
		try {
			await greet(url, stores, settings, surroundings)
		} finally {
			await stores.close()
		}
	} catch (thrown) {
		await workers.end()
		throw thrown
	}
}

/** A worker that is about to end may have closed its channel already. */
function send(worker: Subprocess, message: ForemanMessage): void {
	try {
		worker.send(message)
	} catch {
		// Its exit is noticed by itself.
	}
}
