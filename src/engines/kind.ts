// What the configuration needs of each engine: which options an upstream may have, and how one is opened. One per folder, collected
// in list.ts.

import type { z } from 'zod'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { Registries } from '../weights/sources/registries.ts'
import type { FetchProgress } from '../weights/weights.ts'
import type { Engine } from './engine.ts'

export interface EngineKind {
	/** It starts processes of its own that end with the gateway. */
	readonly ownsProcess: boolean
	/** Options beside `engine` and `model`; can be shown as JSON Schema. */
	readonly options: z.ZodObject
	/**
	 * Opens an upstream. Does not wait for what may take long: the engine says `starting` until it can answer.
	 *
	 * @param options as the schema reads them.
	 * @throws Error for options that can never work.
	 */
	open(options: unknown, surroundings: EngineSurroundings): Promise<Engine>
	/**
	 * Says in one sentence why an upstream with these options cannot work on this machine as it is: its model or its package is not here.
	 * Undefined if nothing speaks against it. Reads the disk only.
	 */
	check?(options: unknown, surroundings: EngineCheckSurroundings): Promise<string | undefined>
}

/** What a check of an upstream's options may look at. */
export type EngineCheckSurroundings = Pick<
	EngineSurroundings,
	'model' | 'configFolder' | 'engineFolder' | 'modelFolder' | 'download' | 'registries' | 'clock'
>

/** A kind whose `open` takes its options typed by its own schema. */
export function engineKind<Shape extends z.ZodRawShape>(
	options: z.ZodObject<Shape>,
	open: (options: z.infer<z.ZodObject<Shape>>, surroundings: EngineSurroundings) => Promise<Engine>,
	{ ownsProcess = false, check }: EngineKindTraits<Shape> = {},
): EngineKind {
	return {
		ownsProcess,
		options,
		open: (raw, surroundings) => open(options.parse(raw), surroundings),
		...(check === undefined
			? {}
			: { check: (raw: unknown, surroundings: EngineCheckSurroundings) => check(options.parse(raw), surroundings) }),
	}
}

interface EngineKindTraits<Shape extends z.ZodRawShape> {
	readonly ownsProcess?: boolean
	readonly check?: (
		options: z.infer<z.ZodObject<Shape>>,
		surroundings: EngineCheckSurroundings,
	) => Promise<string | undefined>
}

/** What an engine is handed of the world. */
export interface EngineSurroundings {
	/** The upstream's name, for logs and file names. */
	readonly name: string
	/** `model` of the upstream, where the configuration names one. */
	readonly model: string | undefined
	/** The upstream is the built-in default: no operator named its model. It cannot be written in a configuration file. */
	readonly builtIn: boolean
	readonly log: Log
	readonly clock: Clock
	/** Absolute. Relative paths of an upstream's options start here: the folder of the configuration file. */
	readonly configFolder: string
	/** Absolute. Libraries of engines that are installed on first use. */
	readonly engineFolder: string
	/** Absolute. Model weights. */
	readonly modelFolder: string
	/**
	 * A folder for Unix sockets, made when it is first needed: absolute, owner-only, short.
	 *
	 * @throws Error if no folder can hold them.
	 */
	readonly socketFolder: () => Promise<string>
	/** The command that runs this program, without arguments. */
	readonly command: readonly string[]
	/** Whether weights and libraries may be fetched from outside. */
	readonly download: boolean
	/** Where weights are fetched from, as the user's own tools are configured; asked only when something is fetched. */
	readonly registries: () => Promise<Registries>
	/** Shows how far a download is. */
	readonly showProgress: () => ProgressSink
	/** To be called when a connection could not be opened since this process has no file descriptor left; writes to the log at most once a minute. */
	readonly outOfDescriptors: () => void
	/** For processes that are started. */
	readonly environment: Readonly<Record<string, string | undefined>>
}

export interface ProgressSink {
	update(progress: FetchProgress): void
	end(): void
}
