// dragoman engine: the embedded engine as a process of its own. `serve` starts and supervises one for each embedded model; alone, it
// serves a model on a machine with a GPU.

import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { readRegistries } from '../config/package-index.ts'
import { type ConfigFlags, openConfiguredLog, readSettings, type Settings } from '../config/settings.ts'
import type { Engine } from '../engines/engine.ts'
import { type Build, builds } from '../engines/llama/install/build.ts'
import { installEngine } from '../engines/llama/install/install-engine.ts'
import type { LocalLlamaOptions } from '../engines/llama/local/local-llama.ts'
import { describeSystemError } from '../files/system-error.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { catalogue, toyModelId } from '../models/catalogue.ts'
import { Weights } from '../models/weights.ts'
import { silentTelemetry } from '../telemetry/silent.ts'
import { systemClock } from '../time/clock.ts'
import { Complaint } from './complaint.ts'
import { addConfigOptions, type CommandSurroundings } from './program.ts'
import { followStop } from './stop-request.ts'

interface EngineFlags extends ConfigFlags {
	readonly model: string
	readonly name?: string
	readonly socket?: string
	readonly context?: number
	readonly parallel?: number
	readonly queue?: number
	readonly threads?: number
	readonly gpu: 'auto' | 'cuda' | 'vulkan' | 'metal' | 'off'
	readonly library?: string
	readonly note?: string
	readonly untilStdinEnds?: true
}

/** Exit status for a model that can never be served: whoever supervises the process need not hurry to try again. */
const hopelessStatus = 78

export function engineCommand(surroundings: CommandSurroundings): Command {
	const engine = addConfigOptions(
		new Command('engine').description('serve one model by the embedded engine alone; `serve` does this by itself'),
	)
		.option('--model <model>', 'a GGUF file, or an id that `models list` shows as here', toyModelId)
		.option('--name <name>', 'the name that clients ask for (default: the model)')
		.addOption(new Option('--listen <host:port>', 'address to serve on; also DRAGOMAN_LISTEN'))
		.option('--socket <path>', 'Unix socket to serve on instead, without keys: whoever can open it may ask')
		.option('--context <tokens>', 'longest prompt and answer together', count)
		.option('--parallel <answers>', 'answers at once', count)
		.option('--queue <requests>', 'requests that may wait', count)
		.option('--threads <threads>', 'processor threads', count)
		.addOption(
			new Option('--gpu <kind>', 'which installed GPU build to use')
				.choices(['auto', 'cuda', 'vulkan', 'metal', 'off'])
				.default('auto'),
		)
		.option('--library <folder>', 'where the engine library is (default: engineFolder of the configuration)')
		.addOption(new Option('--note <text>', 'what to say of the model').hideHelp())
		.addOption(new Option('--until-stdin-ends', 'end with whoever started it').hideHelp())
		.action((flags: EngineFlags) => serveModel(flags, surroundings))
	engine.addCommand(installCommand(surroundings))
	return engine
}

function installCommand(surroundings: CommandSurroundings): Command {
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
				environment,
				clock: systemClock,
				signal: new AbortController().signal,
				onLine: tell,
			}).catch((cause: unknown) => {
				throw new Complaint(cause instanceof Error ? describeSystemError(cause) : String(cause))
			})
			tell(`The engine library ${installed.version} is in ${folder}, for ${installed.builds.join(', ')}.`)
		})
}

async function serveModel(flags: EngineFlags, surroundings: CommandSurroundings): Promise<void> {
	const settings = await readSettings(flags, surroundings.environment)
	const log = openConfiguredLog(settings)
	const engine = await openModel(flags, settings, surroundings)
	const { openHandler } = await import('../pipeline/handler.ts')
	const { fixedDeployment } = await import('../pipeline/fixed-deployment.ts')
	const { hostCheck } = await import('../http/hosts.ts')
	const { listen } = await import('../http/listener.ts')
	const name = flags.name ?? flags.model
	const { bodyBytes, bodyTimeoutMs, jsonDepth, keepAliveMs } = settings.config.limits
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
		...(flags.socket === undefined ? { checkHost: hostCheck({ listen: settings.config.listen }) } : {}),
	})
	const signalled = ended(flags.untilStdinEnds === true, surroundings)
	const listener = listen({
		address: flags.socket ?? settings.config.listen,
		fetch: handler.fetch,
		maxBodyBytes: 2 * bodyBytes,
	})
	surroundings.tell(`${name} is served on ${listener.url}`)
	await signalled
	await listener.close(flags.untilStdinEnds === true ? 0 : settings.config.limits.shutdownMs)
	await engine.close()
	process.exit(0)
}

/** A model that cannot be opened is the end of the process, with a status that says so. */
async function openModel(flags: EngineFlags, settings: Settings, surroundings: CommandSurroundings): Promise<Engine> {
	const { openLocalLlama } = await import('../engines/llama/local/local-llama.ts')
	const { context, parallel, queue, threads, gpu, note, model } = flags
	const options: LocalLlamaOptions = {
		libraryFolder: resolve(flags.library ?? settings.engineFolder),
		modelPath: await modelPath(model, settings, surroundings),
		modelName: flags.name ?? model,
		gpu: gpu === 'off' ? false : gpu,
		log: openConfiguredLog(settings),
		...(context === undefined ? {} : { contextTokens: context }),
		...(parallel === undefined ? {} : { parallel }),
		...(queue === undefined ? {} : { queueLimit: queue }),
		...(threads === undefined ? {} : { threads }),
		...(note === undefined ? {} : { note }),
	}
	return openLocalLlama(options).catch((cause: unknown) => {
		throw new Complaint(cause instanceof Error ? cause.message : String(cause), hopelessStatus)
	})
}

async function modelPath(model: string, settings: Settings, { environment }: CommandSurroundings): Promise<string> {
	if (model.includes('/') || model.endsWith('.gguf')) return resolve(model)
	const packagedFolder = join(import.meta.dir, '..', '..', 'models')
	const registries = () => readRegistries(environment, { platform: process.platform, home: homedir() })
	const found = await new Weights({
		folder: settings.modelFolder,
		packagedFolder,
		catalogue,
		registries,
		clock: systemClock,
	}).find(model)
	if (found === undefined)
		throw new Complaint(
			`The weights of '${model}' are not here. Fetch them with: npx dragoman models pull ${model}`,
			hopelessStatus,
		)
	return found.path
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
 * Resolves on a signal; with `withStdin` when standard input ends instead. The gateway at its other end still answers when a signal
 * reaches the whole process group, so signals are ignored then.
 */
function ended(withStdin: boolean, surroundings: CommandSurroundings): Promise<void> {
	if (!withStdin) return followStop(surroundings).begun
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
	return new Promise((resolve) => void process.stdin.resume().once('end', resolve).once('close', resolve))
}

function count(text: string): number {
	const value = Number(text)
	if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.')
	return value
}
