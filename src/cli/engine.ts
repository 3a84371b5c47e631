// dragoman engine: the embedded engine as a process of its own. `serve` starts and supervises one for each embedded model; alone, it
// serves a model on a machine with a GPU.

import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { hasHome, withHome } from '../config/home-folder.ts'
import { readMachineRegistries } from '../config/package-index.ts'
import { type ConfigFlags, openConfiguredLog, readSettings, type Settings } from '../config/settings.ts'
import type { LocalLlamaOptions } from '../embedded/runtime/local-llama.ts'
import type { Engine } from '../engines/engine.ts'
import { type Build, builds } from '../engines/llama/install/build.ts'
import { installEngine } from '../engines/llama/install/install-engine.ts'
import { chooseModel } from '../engines/llama/model-choice.ts'
import { operatorReason } from '../engines/llama/operator-error.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { Listener, ListenOptions } from '../server/listener.ts'
import { systemClock } from '../system/clock.ts'
import { type Log, openLog } from '../system/log.ts'
import { describeSystemError } from '../system/system-error.ts'
import { silentTelemetry } from '../telemetry/silent.ts'
import { catalogue, toyModelId } from '../weights/catalogue.ts'
import { Weights } from '../weights/weights.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { Complaint, hopelessStatus } from './complaint.ts'
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

export function engineCommand(surroundings: CommandContext): Command {
	const engine = addConfigOptions(
		new Command('engine').description('serve one model by the embedded engine alone; `serve` does this by itself'),
	)
		.option('--model <model>', 'a GGUF file, or an id that `models list` shows as here', toyModelId)
		.option('--name <name>', 'the name that clients ask for (default: the model)')
		.addOption(new Option('--listen <host:port>', 'address to serve on; also DRAGOMAN_LISTEN'))
		.option('--socket <path>', 'Unix socket to serve on instead, without keys: whoever can open it may ask')
		.option('--context <tokens>', 'longest prompt and answer together', count)
		.option('--max-tokens <tokens>', 'longest answer to a request without a limit of its own (default: 512)', count)
		.addOption(
			new Option('--repetition <rule>', 'whether an answer that repeats itself ends')
				.choices(['stop', 'off'])
				.default('stop'),
		)
		.option('--parallel <answers>', 'answers at once', count)
		.option('--queue <requests>', 'requests that may wait', count)
		.option('--threads <threads>', 'processor threads', count)
		.addOption(
			new Option('--gpu <kind>', 'which installed GPU build to use')
				.choices(['auto', 'cuda', 'vulkan', 'metal', 'off'])
				.default('auto'),
		)
		.option('--library <folder>', 'where the engine library is (default: engineFolder of the configuration)')
		.addOption(new Option('--until-stdin-ends', 'end when standard input does, and ignore signals').hideHelp())
		.action((flags: EngineFlags) => serveModel(flags, surroundings))
	engine.addCommand(installCommand(surroundings))
	return engine
}

function installCommand(surroundings: CommandContext): Command {
	return addConfigOptions(new Command('install').description('install the engine library, or add a GPU build to it'))
		.addOption(new Option('--folder <folder>', 'where to (default: engineFolder of the configuration)'))
		.argument(
			'[build]',
			`one of ${builds.join(', ')}`,
			(text): Build => {
				const build = builds.find((one) => one === text)
				if (build === undefined) throw new InvalidArgumentError(`It is one of ${builds.join(', ')}.`)
				return build
			},
			'cpu',
		)
		.action(async (build: Build, flags: ConfigFlags & { readonly folder?: string }) => {
			const settings = await readSettings(flags, surroundings.environment)
			const folder = resolve(flags.folder ?? settings.engineFolder)
			const { environment, tell } = surroundings
			const installed = await installEngine(folder, {
				build,
				machine: process,
				environment: withHome(environment, settings.dataFolder),
				clock: systemClock,
				signal: new AbortController().signal,
				onLine: tell,
			}).catch((cause: unknown) => {
				throw new Complaint(cause instanceof Error ? describeSystemError(cause) : String(cause))
			})
			tell(`The engine library ${installed.version} is in ${folder}, for ${installed.builds.join(', ')}.`)
		})
}

async function serveModel(flags: EngineFlags, surroundings: CommandContext): Promise<void> {
	const supervised = flags.untilStdinEnds === true
	const ending = supervised ? untilStdinEnds() : followStop(surroundings).begun
	const settings = await readSettings(flags, surroundings.environment)
	giveHome(settings, surroundings)
	// The supervisor reads this log, so it is in lines for machines, independent of the configuration.
	const log = supervised ? openLog({ level: 'info', format: 'json' }) : openConfiguredLog(settings)
	// Loading takes long and cannot be interrupted.
	const engine = await openUnlessEnded(ending, openModel(flags, settings, log, surroundings))
	const { openHandler } = await import('../server/handler.ts')
	const { fixedDeployment } = await import('../gateway/fixed-deployment.ts')
	const { hostCheck } = await import('../http/hosts.ts')
	const name = flags.name ?? flags.model
	const { bodyBytes, bodyTimeoutMs, jsonDepth, keepAliveMs, shutdownMs } = settings.config.limits
	const deployment = fixedDeployment(name, engine)
	const handler = openHandler({
		keys: flags.socket === undefined ? await openKeys(settings) : undefined,
		deployment: () => deployment,
		limits: { maxBytes: bodyBytes, timeoutMs: bodyTimeoutMs, maxDepth: jsonDepth, keepAliveMs },
		version: surroundings.version,
		clock: systemClock,
		random: Math.random,
		log,
		telemetry: silentTelemetry,
		trustsRequestIds: supervised,
		...(flags.socket === undefined ? { checkHost: hostCheck({ listen: settings.config.listen }) } : {}),
	})
	const listener = await openListener(
		flags.socket,
		{
			address: flags.socket ?? settings.config.listen,
			fetch: handler.fetch,
			maxBodyBytes: 2 * bodyBytes,
		},
		log,
	)
	surroundings.tell(`${name} is served on ${listener.url}`)
	await ending
	// A gateway has ended its calls before it closes standard input.
	await listener.close(supervised ? 0 : shutdownMs, async () => handler.interrupt())
	await engine.close()
	process.exit(0)
}

/**
 * The engine's library fails without a home folder, and the system looks for it in the environment that the process began with: the
 * process begins again with one, under the same id.
 */
function giveHome({ dataFolder }: Settings, { environment, command }: CommandContext): void {
	if (hasHome(environment) || process.execve === undefined) return
	const [program = process.execPath] = command
	process.execve(program, [...command, ...process.argv.slice(2)], definedOnly(withHome(environment, dataFolder)))
}

function definedOnly(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
	)
}

/** A socket whose path was removed, for example by a cleaner of temporary folders, is created again. */
async function openListener(socket: string | undefined, options: ListenOptions, log: Log): Promise<Listener> {
	const { listen } = await import('../server/listener.ts')
	const first = listen(options)
	if (socket === undefined) return first
	const listeners = [first]
	let failing = false
	const look = async () => {
		if (existsSync(socket)) return
		try {
			await mkdir(dirname(socket), { recursive: true, mode: 0o700 })
			// The one before keeps the connections that it has. Closing it now would remove the new path.
			listeners.push(listen(options))
			failing = false
			log.warn('the socket was removed; it is there again')
		} catch (err) {
			if (!failing) log.error({ err }, 'the socket was removed and cannot be made again')
			failing = true
		}
	}
	const timer = setInterval(() => void look(), lookForSocketMs)
	return {
		url: first.url,
		async close(deadlineMs, interrupt) {
			clearInterval(timer)
			await Promise.all(listeners.map((listener) => listener.close(deadlineMs, interrupt)))
		},
	}
}

const lookForSocketMs = 500

/** A model that cannot be opened is the end of the process, with a status that says so. */
async function openModel(
	flags: EngineFlags,
	settings: Settings,
	log: Log,
	surroundings: CommandContext,
): Promise<Engine> {
	const { openLocalLlama } = await import('../embedded/runtime/local-llama.ts')
	const { context, maxTokens, repetition, parallel, queue, threads, gpu, model } = flags
	const options: LocalLlamaOptions = {
		libraryFolder: resolve(flags.library ?? settings.engineFolder),
		modelPath: await modelPath(flags, settings, surroundings),
		modelName: flags.name ?? model,
		gpu: gpu === 'off' ? false : gpu,
		repetition,
		log,
		...(context === undefined ? {} : { contextTokens: context }),
		...(maxTokens === undefined ? {} : { maxTokens }),
		...(parallel === undefined ? {} : { parallel }),
		...(queue === undefined ? {} : { queueLimit: queue }),
		...(threads === undefined ? {} : { threads }),
	}
	return openLocalLlama(options).catch((cause: unknown) => {
		throw new Complaint(cause instanceof Error ? cause.message : String(cause), hopelessStatus)
	})
}

async function modelPath(
	{ model, untilStdinEnds }: EngineFlags,
	settings: Settings,
	{ environment }: CommandContext,
): Promise<string> {
	const { modelFolder, dataFolder } = settings
	const weights = new Weights({
		folder: modelFolder,
		packagedFolder: join(import.meta.dir, '..', '..', 'models'),
		catalogue,
		registries: () => readMachineRegistries(environment, dataFolder),
		clock: systemClock,
	})
	const choice = await chooseModel(model, { weights, modelFolder, folder: resolve('.'), download: false })
	if (choice.type === 'here') return choice.path
	const reason = choice.type === 'missing' ? operatorReason(choice.error) : `the weights of "${model}" are not here`
	// A gateway has set the flag, and shows the reason to people who have not.
	throw new Complaint(untilStdinEnds === true ? reason : `--model: ${reason}`, hopelessStatus)
}

async function openKeys(settings: Settings): Promise<KeyStore> {
	const { openStores } = await import('../stores/open-stores.ts')
	const { NoDatabaseError } = await import('../stores/database-error.ts')
	const stores = await openStores(settings, 'expect').catch((thrown: unknown) => {
		if (!(thrown instanceof NoDatabaseError)) throw thrown
		throw new Complaint(
			`${thrown.message}; create it with \`dragoman migrate\`, and a key with \`dragoman keys create --name NAME\``,
		)
	})
	return stores.keys
}

/**
 * Resolves when standard input ends: when the process that holds its other end closes it, or is gone. Signals are ignored, since one that
 * is sent to a whole process group reaches this process while the gateway still has answers to finish.
 */
function untilStdinEnds(): Promise<void> {
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
	return new Promise((resolve) => {
		process.stdin.resume().once('end', resolve).once('close', resolve)
	})
}

function count(text: string): number {
	const value = Number(text)
	if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.')
	return value
}
