// Supervises several processes that share one address: starts them, restarts those that exit, stops and reloads them,
// and passes metrics between them. It serves no requests itself.

import type { Subprocess } from 'bun'
import { openConfiguredLog } from '../config/configured-log.ts'
import type { Settings } from '../config/settings.ts'
import { engineKinds } from '../engines/list.ts'
import { socketPathOf } from '../http/listen-address.ts'
import { systemClock } from '../system/clock.ts'
import type { MetricSnapshot } from '../telemetry/metric.ts'
import { guardAddress } from './address-guard.ts'
import { CliError, permanentFailureStatus } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import { listenError } from './listen-failure.ts'
import { forcedStatus } from './stop.ts'
import { followStop } from './stop-request.ts'
import { printWelcome } from './welcome.ts'
import type { PrimaryMessage, WorkerMessage } from './worker.ts'

const restartPauseMs = 1000
const responseTimeoutMs = 1500

/** Resolves when all workers have exited after a signal. */
export async function superviseWorkers(count: number, settings: Settings, context: CommandContext): Promise<void> {
	refuseSystem(process.platform)
	refuseEmbedded(settings)
	const { listen } = settings.config
	refuseSocket(listen)
	const { address } = await guardAddress(listen).catch((cause: unknown) => {
		throw listenError(listen, cause)
	})
	const workers = new Workers(address, settings, context)
	const stop = followStop(context, () => workers.kill())
	stop.onReload(() => workers.reload())
	const ended = stop.started.then(() => workers.end())
	const started = workers.start(count).catch(async (cause: unknown) => {
		await workers.end()
		throw cause
	})
	await Promise.race([started, ended])
	if (workers.stopping) return ended
	await greetOrEnd(`http://${address}`, settings, context, workers)
	await ended
}

/** @throws CliError if the system does not distribute the connections to a port among processes: only Linux does. */
export function refuseSystem(platform: NodeJS.Platform): void {
	if (platform === 'linux') return
	throw new CliError(
		'--workers needs Linux: this system does not distribute connections among processes. Run one server, or one server per port with a proxy in front.',
		permanentFailureStatus,
	)
}

/** The system distributes the connections to a port among processes, but not those to a Unix socket. */
function refuseSocket(listen: string): void {
	if (socketPathOf(listen) === undefined) return
	throw new CliError(
		`--workers cannot share the Unix socket ${listen}: serve on a port, or run one server per socket and list the sockets in the proxy`,
		permanentFailureStatus,
	)
}

class Workers {
	private readonly address: string
	private readonly settings: Settings
	private readonly context: CommandContext
	private readonly running = new Set<Subprocess>()
	private readonly pending = new Map<number, (metrics: readonly MetricSnapshot[]) => void>()
	private lastRequest = 0
	private isStopping = false

	constructor(address: string, settings: Settings, context: CommandContext) {
		this.address = address
		this.settings = settings
		this.context = context
	}

	/** @throws CliError if a worker exits before it serves. */
	async start(count: number): Promise<void> {
		await Promise.all(Array.from({ length: count }, () => this.startOne()))
	}

	get stopping(): boolean {
		return this.isStopping
	}

	/** Resolves once all workers have shut down gracefully. */
	async end(): Promise<void> {
		this.isStopping = true
		for (const worker of this.running) send(worker, { type: 'end' })
		await Promise.all([...this.running].map(({ exited }) => exited))
	}

	/** Kills all workers and exits immediately. */
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
		const { command, environment } = this.context
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
					} else this.handle(message, from)
				},
			},
		)
		this.running.add(worker)
		void worker.exited.then(async (status) => {
			this.running.delete(worker)
			if (this.isStopping) serving.resolve()
			else serving.reject(workerEnded(status))
			if (served && !this.isStopping) await this.replace(status)
		})
		await serving.promise
	}

	private async replace(status: number | null): Promise<void> {
		openConfiguredLog(this.settings).error({ status }, 'worker exited; restarting it')
		while (!this.isStopping) {
			await systemClock.sleep(restartPauseMs)
			if (this.isStopping) return
			const started = await this.startOne().then(
				() => true,
				() => false,
			)
			if (started) return
		}
	}

	private handle(message: Exclude<WorkerMessage, { type: 'serving' }>, from: Subprocess): void {
		switch (message.type) {
			case 'metrics':
				this.pending.get(message.request)?.(message.metrics)
				break
			case 'others':
				void this.sendOtherMetrics(message.request, from)
		}
	}

	private async sendOtherMetrics(request: number, from: Subprocess): Promise<void> {
		const others = [...this.running].filter((worker) => worker !== from)
		const metrics = (await Promise.all(others.map((worker) => this.requestMetrics(worker)))).filter(
			({ length }) => length > 0,
		)
		const response: PrimaryMessage = { type: 'others', request, metrics }
		if (this.running.has(from)) send(from, response)
	}

	/** A worker's metrics; empty if it does not respond in time. */
	private requestMetrics(worker: Subprocess): Promise<readonly MetricSnapshot[]> {
		const id = ++this.lastRequest
		return new Promise((resolve) => {
			const end = (metrics: readonly MetricSnapshot[]) => {
				clearTimeout(timeout)
				this.pending.delete(id)
				resolve(metrics)
			}
			const timeout = setTimeout(end, responseTimeoutMs, [])
			this.pending.set(id, end)
			const request: PrimaryMessage = { type: 'metrics', request: id }
			send(worker, request)
		})
	}
}

/** The worker has printed the reason. */
function workerEnded(status: number | null): CliError {
	const exitCode = status === permanentFailureStatus ? permanentFailureStatus : 1
	return new CliError(`A worker exited with status ${status} before it served requests.`, exitCode)
}

/** Each worker would start its own instance of an engine that runs with its gateway. */
function refuseEmbedded({ config }: Settings): void {
	for (const [name, { engine, model = 'MODEL' }] of Object.entries(config.upstreams))
		if (engineKinds[engine]?.ownsProcess === true)
			throw new CliError(
				`With --workers, every worker would start its own engine for the upstream '${name}'. Run the engine as a separate process with \`npx --no-install dragoman engine --model ${model} --listen 127.0.0.1:8081\`, and change the upstream to \`engine: openai-compatible\` with \`url: http://127.0.0.1:8081/v1\`.`,
			)
}

/** The supervisor serves no requests, so it opens the database only for the first key. */
async function greetOrEnd(url: string, settings: Settings, context: CommandContext, workers: Workers): Promise<void> {
	const { openStores } = await import('../stores/open-stores.ts')
	try {
		const stores = await openStores(settings, 'create')
		try {
			await printWelcome(url, stores, settings, context)
		} finally {
			await stores.close()
		}
	} catch (thrown) {
		await workers.end()
		throw thrown
	}
}

/** A worker that is about to exit may have closed its channel already. */
function send(worker: Subprocess, message: PrimaryMessage): void {
	try {
		worker.send(message)
	} catch {
		// Its exit is handled separately.
	}
}
