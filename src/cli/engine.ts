// dragoman engine: the embedded engine as a separate process. `serve` starts and supervises one for each embedded
// model; standalone, it serves a model on a machine with a GPU.

import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { definedFields } from '../chat/json.ts'
import { hasHome, withHome } from '../config/home-folder.ts'
import { readSystemRegistries } from '../config/package-index.ts'
import { type ConfigFlags, readSettings, type Settings } from '../config/settings.ts'
import type { LocalLlamaOptions } from '../embedded/runtime/local-llama.ts'
import type { Engine } from '../engines/engine.ts'
import { type Build, builds } from '../engines/llama/install/build.ts'
import { chooseModel } from '../engines/llama/model-choice.ts'
import { operatorReason } from '../engines/llama/operator-error.ts'
import { socketPathOf } from '../http/listen-address.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { Listener, ListenOptions } from '../server/listener.ts'
import { systemClock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { describeSystemError } from '../system/system-error.ts'
import { silentTelemetry } from '../telemetry/silent.ts'
import { catalogue, toyModelId } from '../weights/catalogue.ts'
import { CliError, permanentFailureStatus } from './cli-error.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { followStop, openUnlessEnded } from './stop-request.ts'

interface EngineFlags extends ConfigFlags {
	readonly model: string
	readonly name?: string
	readonly socket?: string
	readonly context?: number
	readonly maxTokens?: number
	readonly repetition: 'stop' | 'off'
	readonly parallel?: number
	readonly queue?: number
	readonly threads?: number
	readonly gpu: 'auto' | 'cuda' | 'vulkan' | 'metal' | 'off'
	readonly library?: string
	readonly untilStdinEnds?: true
}

export function engineCommand(context: CommandContext): Command {
	const engine = addConfigOptions(
		new Command('engine').description(
			'serve one model with the embedded engine, standalone; `serve` starts its engines automatically',
		),
	)
		.option('--model <model>', 'path of a GGUF file, or id of an installed model (see `models list`)', toyModelId)
		.option('--name <name>', 'model name in requests (default: the value of --model)')
		.addOption(new Option('--listen <host:port>', 'address to serve on; also DRAGOMAN_LISTEN'))
		.option(
			'--socket <path>',
			'Unix socket to serve on instead, without keys: any process that can open it can send requests',
		)
		.option('--context <tokens>', 'maximum length of prompt and response together', count)
		.option('--max-tokens <tokens>', 'maximum length of a response if the request sets no limit (default: 512)', count)
		.addOption(
			new Option('--repetition <rule>', '`stop` ends a response that repeats itself, `off` does not')
				.choices(['stop', 'off'])
				.default('stop'),
		)
		.option('--parallel <answers>', 'number of concurrent responses', count)
		.option('--queue <requests>', 'number of requests that may wait', count)
		.option('--threads <threads>', 'processor threads', count)
		.addOption(
			new Option('--gpu <kind>', 'installed GPU build to use')
				.choices(['auto', 'cuda', 'vulkan', 'metal', 'off'])
				.default('auto'),
		)
		.option('--library <folder>', 'folder of the engine library (default: engineFolder in the configuration)')
		.addOption(new Option('--until-stdin-ends', 'exit when standard input ends, and ignore signals').hideHelp())
		.action((flags: EngineFlags) => serveModel(flags, context))
	engine.addCommand(installCommand(context))
	return engine
}

function installCommand(context: CommandContext): Command {
	return addConfigOptions(new Command('install').description('install the engine library, or add a GPU build'))
		.addOption(new Option('--folder <folder>', 'folder to install to (default: engineFolder in the configuration)'))
		.argument(
			'[build]',
			`one of ${builds.join(', ')}`,
			(text): Build => {
				const build = builds.find((one) => one === text)
				if (build === undefined) throw new InvalidArgumentError(`Expected one of ${builds.join(', ')}.`)
				return build
			},
			'cpu',
		)
		.action(async (build: Build, flags: ConfigFlags & { readonly folder?: string }) => {
			const settings = await readSettings(flags, context.environment)
			const folder = resolve(flags.folder ?? settings.engineFolder)
			const { environment, printStatus } = context
			const { installEngine } = await import('../engines/llama/install/install-engine.ts')
			const installed = await installEngine(folder, {
				build,
				platform: process,
				environment: withHome(environment, settings.dataFolder),
				clock: systemClock,
				signal: new AbortController().signal,
				onLine: printStatus,
			}).catch((cause: unknown) => {
				throw new CliError(cause instanceof Error ? describeSystemError(cause) : String(cause))
			})
			printStatus(`Engine library ${installed.version} is installed in ${folder}, for ${installed.builds.join(', ')}.`)
		})
}

async function serveModel(flags: EngineFlags, context: CommandContext): Promise<void> {
	const supervised = flags.untilStdinEnds === true
	const stopped = supervised ? untilStdinEnds() : followStop(context).started
	const settings = await readSettings(flags, context.environment)
	setHome(settings, context)
	// The supervisor reads this log, so it is always in JSON, whatever the configuration.
	const { openConfiguredLog } = await import('../config/configured-log.ts')
	const { openLog } = await import('../system/log.ts')
	const log = supervised ? openLog({ level: 'info', format: 'json' }) : openConfiguredLog(settings)
	// Loading takes a long time and cannot be interrupted.
	const engine = await openUnlessEnded(stopped, openModel(flags, settings, log, context))
	const { openHandler } = await import('../server/handler.ts')
	const { fixedDeployment } = await import('../gateway/fixed-deployment.ts')
	const { connectionLimits } = await import('../gateway/connection-limits.ts')
	const { withoutLimits } = await import('../server/listener.ts')
	const { requestLimits } = await import('../gateway/request-limits.ts')
	const { hostCheck } = await import('../http/hosts.ts')
	const name = flags.name ?? flags.model
	const limits = supervised ? { ...settings.config.limits, ...supervisedLimits } : settings.config.limits
	const deployment = fixedDeployment(name, engine, supervised)
	const handler = openHandler({
		keys: flags.socket === undefined ? await openKeys(settings) : undefined,
		deployment: () => deployment,
		limits: requestLimits(limits),
		version: context.version,
		clock: systemClock,
		random: Math.random,
		log,
		telemetry: silentTelemetry,
		trustsRequestIds: supervised,
		checkHost: flags.socket === undefined ? hostCheck({ listen: settings.config.listen }) : undefined,
	})
	const listener = await openListener(
		flags.socket,
		settings.config.server.socketMode,
		{
			address: flags.socket ?? settings.config.listen,
			respond: handler.respond,
			...(flags.socket === undefined ? connectionLimits(settings.config) : withoutLimits),
		},
		log,
	)
	context.printStatus(`Serving ${name} on ${listener.url}`)
	await stopped
	// A gateway has finished its calls before it closes standard input.
	await listener.close(supervised ? 0 : limits.shutdownMs, async () => handler.interrupt())
	await engine.close()
	process.exit(0)
}

/**
 * The engine's library fails without a home folder, and the system reads it from the environment that the process was
 * started with. So the process executes itself again with HOME set, under the same id.
 */
function setHome({ dataFolder }: Settings, { environment, command }: CommandContext): void {
	if (hasHome(environment) || process.execve === undefined) return
	const [program = process.execPath] = command
	process.execve(program, [...command, ...process.argv.slice(2)], definedFields(withHome(environment, dataFolder)))
}

/** Recreates a socket whose path was removed, for example by a cleaner of temporary folders. */
async function openListener(
	socket: string | undefined,
	mode: string,
	options: ListenOptions,
	log: Log,
): Promise<Listener> {
	const configured = socketPathOf(options.address)
	if (socket === undefined && configured !== undefined) {
		const { listenOnSocket } = await import('./socket-listener.ts')
		return listenOnSocket(configured, mode, options)
	}
	const { listen } = await import('../server/listener.ts')
	const first = listen(options)
	if (socket === undefined) return first
	const listeners = [first]
	let failing = false
	const check = async () => {
		if (existsSync(socket)) return
		try {
			await mkdir(dirname(socket), { recursive: true, mode: 0o700 })
			// The previous listener retains its connections. Closing it now would remove the new path.
			listeners.push(listen(options))
			failing = false
			log.warn('the socket was removed and has been recreated')
		} catch (err) {
			if (!failing) log.error({ err }, 'the socket was removed and cannot be recreated')
			failing = true
		}
	}
	const timer = setInterval(() => void check(), socketPollMs)
	return {
		url: first.url,
		async close(deadlineMs, interrupt) {
			clearInterval(timer)
			await Promise.all(listeners.map((listener) => listener.close(deadlineMs, interrupt)))
		},
	}
}

const socketPollMs = 500
/** Its gateway has enforced the configured limits. */
const supervisedLimits = { bodyBytes: 1_073_741_824, jsonDepth: 1000 }

/** @throws CliError with the status for an invalid model if it cannot be opened. */
async function openModel(flags: EngineFlags, settings: Settings, log: Log, context: CommandContext): Promise<Engine> {
	const { openLocalLlama } = await import('../embedded/runtime/local-llama.ts')
	const { context: contextTokens, maxTokens, repetition, parallel, queue, threads, gpu, model } = flags
	const options: LocalLlamaOptions = {
		libraryFolder: resolve(flags.library ?? settings.engineFolder),
		modelPath: await modelPath(flags, settings, context),
		modelName: flags.name ?? model,
		gpu: gpu === 'off' ? false : gpu,
		repetition,
		log,
		contextTokens,
		maxTokens,
		parallel,
		queueLimit: queue,
		threads,
	}
	return openLocalLlama(options).catch((cause: unknown) => {
		throw new CliError(cause instanceof Error ? cause.message : String(cause), permanentFailureStatus)
	})
}

async function modelPath(
	{ model, untilStdinEnds }: EngineFlags,
	settings: Settings,
	{ environment }: CommandContext,
): Promise<string> {
	const { modelFolder, dataFolder } = settings
	const { Weights } = await import('../weights/weights.ts')
	const weights = new Weights({
		folder: modelFolder,
		packagedFolder: join(import.meta.dir, '..', '..', 'models'),
		catalogue,
		registries: () => readSystemRegistries(environment, dataFolder),
		clock: systemClock,
	})
	const choice = await chooseModel(model, { weights, modelFolder, folder: resolve('.'), download: false })
	if (choice.type === 'here') return choice.path
	const reason =
		choice.type === 'missing' ? operatorReason(choice.error) : `the weights of "${model}" are not installed`
	// A gateway sets the flag, and reports the reason to people who did not set it.
	throw new CliError(untilStdinEnds === true ? reason : `--model: ${reason}`, permanentFailureStatus)
}

async function openKeys(settings: Settings): Promise<KeyStore> {
	const { openStores } = await import('../stores/open-stores.ts')
	const { NoDatabaseError } = await import('../stores/database-error.ts')
	const stores = await openStores(settings, 'expect').catch((thrown: unknown) => {
		if (!(thrown instanceof NoDatabaseError)) throw thrown
		throw new CliError(
			`${thrown.message}; create it with \`dragoman migrate\`, and a key with \`dragoman keys create --name NAME\``,
		)
	})
	return stores.keys
}

/**
 * Resolves when standard input ends: the gateway closed its end, or exited. Signals are ignored, because a signal to
 * the whole process group reaches this process while the gateway still has responses to finish.
 */
function untilStdinEnds(): Promise<void> {
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
	return new Promise((resolve) => {
		process.stdin.resume().once('end', resolve).once('close', resolve)
	})
}

function count(text: string): number {
	if (!/^0*[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected a whole number above 0, such as 4.')
	return Number(text)
}
