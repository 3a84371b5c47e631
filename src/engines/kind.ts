// The interface between the configuration and an engine: the options of its upstreams, and how to open one. Each engine
// folder has one, and list.ts lists them. A kind imports its engine when an upstream is opened, because every command
// that reads the configuration imports the kinds.

import type { z } from 'zod'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { Registries } from '../weights/sources/registries.ts'
import type { FetchProgress } from '../weights/weights.ts'
import type { Engine } from './engine.ts'
import { type Strictness, strictnessOf } from './strictness.ts'

export interface EngineKind {
	/** The engine starts child processes that end with the gateway. */
	readonly ownsProcess: boolean
	/** Its models run on the machine of the gateway. */
	readonly isLocal: boolean
	/** Upstreams of this kind can list their models. */
	readonly listsModels: boolean
	/** Options other than those of every upstream. Must be convertible to JSON Schema. */
	readonly options: z.ZodObject
	/** The default strictness of an upstream with these options. */
	strictness(options: unknown): Strictness
	/** The concurrency limit of an upstream whose configuration has none; unlimited if absent. */
	readonly concurrency?: ((options: unknown) => EngineConcurrency) | undefined
	/**
	 * Opens an upstream. Does not wait for slow steps: the engine's status is `starting` until it is ready.
	 *
	 * @param options parsed with the schema.
	 * @throws Error for options that can never work.
	 */
	open(options: unknown, context: EngineContext): Promise<Engine>
	/**
	 * Returns one sentence on why an upstream with these options cannot work on this machine, for example because its
	 * model or its package is not installed. Undefined if there is no problem. Only reads the disk.
	 */
	check?(options: unknown, context: EngineCheckContext): Promise<string | undefined>
}

/** How many calls an engine processes concurrently, and how many may wait: callers share both fairly. */
export interface EngineConcurrency {
	readonly limit: number
	readonly queue: number
	/** In milliseconds. */
	readonly queueTimeoutMs: number
}

/** The context of `check`. */
export type EngineCheckContext = Pick<
	EngineContext,
	'model' | 'configFolder' | 'engineFolder' | 'modelFolder' | 'download' | 'registries' | 'clock'
>

/** Defines a kind. `open` and `check` receive the options with the type of the schema. */
export function engineKind<Shape extends z.ZodRawShape>(
	options: z.ZodObject<Shape>,
	open: (options: z.infer<z.ZodObject<Shape>>, context: EngineContext) => Promise<Engine>,
	{
		ownsProcess = false,
		isLocal = ownsProcess,
		listsModels = false,
		followsOpenAI = () => false,
		concurrency,
		check,
	}: EngineKindTraits<Shape> = {},
): EngineKind {
	return {
		ownsProcess,
		isLocal,
		listsModels,
		options,
		strictness: (raw) => strictnessOf(followsOpenAI(options.parse(raw))),
		concurrency: concurrency === undefined ? undefined : (raw) => concurrency(options.parse(raw)),
		open: (raw, context) => open(options.parse(raw), context),
		check: check === undefined ? undefined : (raw, context) => check(options.parse(raw), context),
	}
}

interface EngineKindTraits<Shape extends z.ZodRawShape> {
	readonly ownsProcess?: boolean
	/** The default is `ownsProcess`. */
	readonly isLocal?: boolean
	readonly listsModels?: boolean
	/** Whether an upstream with these options enforces the rules of OpenAI's API; false if absent. */
	readonly followsOpenAI?: (options: z.infer<z.ZodObject<Shape>>) => boolean
	readonly concurrency?: (options: z.infer<z.ZodObject<Shape>>) => EngineConcurrency
	readonly check?: (options: z.infer<z.ZodObject<Shape>>, context: EngineCheckContext) => Promise<string | undefined>
}

/** Dependencies and settings that an engine is opened with. */
export interface EngineContext {
	/** The upstream's name, for logs and file names. */
	readonly name: string
	/** `model` of the upstream, if the configuration has one. */
	readonly model: string | undefined
	/**
	 * True for the built-in default upstream, whose model no operator configured. Cannot be set in a configuration file.
	 */
	readonly builtIn: boolean
	readonly log: Log
	readonly clock: Clock
	/** Folder of the configuration file, absolute. Relative paths in the options are resolved against it. */
	readonly configFolder: string
	/** Folder for engine libraries that are installed on first use, absolute. */
	readonly engineFolder: string
	/** Folder for model weights, absolute. */
	readonly modelFolder: string
	/**
	 * A folder for Unix sockets, created on first use: absolute, accessible to the owner only, with a short path.
	 *
	 * @throws Error if no suitable folder exists.
	 */
	readonly socketFolder: () => Promise<string>
	/** The command that starts this program, without arguments. */
	readonly command: readonly string[]
	/** Whether weights and libraries may be downloaded. */
	readonly download: boolean
	/** Sources of weights, from the configuration of the user's own tools. Called only before a download. */
	readonly registries: () => Promise<Registries>
	/** Shows the progress of a download. */
	readonly showProgress: () => ProgressSink
	/** Call this when a connection fails because the process has no file descriptor left. Logs at most once a minute. */
	readonly outOfDescriptors: () => void
	/** Environment of child processes, and of the choice of a proxy. */
	readonly environment: Readonly<Record<string, string | undefined>>
}

export interface ProgressSink {
	update(progress: FetchProgress): void
	end(): void
}
