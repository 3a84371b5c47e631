// The effective configuration. Flags take precedence over the environment, and these over the file. Every folder is
// absolute.

import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { definedFields } from '../chat/json.ts'
import { locateDatabase } from '../stores/list.ts'
import { ConfigError } from './config-error.ts'
import { type ConfigOverride, type Environment, fileVariable, readEnvironment } from './environment.ts'
import type { Reading } from './load.ts'
import type { ConfigFile } from './schema.ts'

export interface ConfigFlags {
	readonly config?: string
	readonly data?: string
	readonly listen?: string
}

export interface Settings {
	readonly config: ConfigFile
	/** The file that was read, if any. */
	readonly file: string | undefined
	/** Valid settings that are probably mistakes, one line each. */
	readonly warnings: readonly string[]
	/** Why a server must not serve this configuration, although other commands can use it. One line each. */
	readonly servingProblems: readonly string[]
	readonly reading: Reading
	/** The folder of that file, against which relative paths in it are resolved; the working directory without a file. */
	readonly configFolder: string
	readonly dataFolder: string
	readonly engineFolder: string
	readonly modelFolder: string
	/** The address of the database: see `stores/kind.ts`. It may contain a password. */
	readonly database: string
	/** A counter that is incremented whenever a key is created or revoked. */
	readonly keyChangesFile: string
	/** Folder of the usage records that the database refuses. */
	readonly quarantineFolder: string
}

function readFlags({ data, listen }: ConfigFlags): Readonly<Record<string, ConfigOverride>> {
	return definedFields({
		data: data === undefined ? undefined : { value: data, origin: '--data' },
		listen: listen === undefined ? undefined : { value: listen, origin: '--listen' },
	})
}

/**
 * @param flags of the command line. They take precedence over the environment, and the environment over the file.
 * @throws ConfigError
 */
export async function readSettings(flags: ConfigFlags, environment: Environment): Promise<Settings> {
	// The schema and the parser take longer to load than most commands take to run.
	const { loadConfig } = await import('./load.ts')
	const fromEnvironment = readEnvironment(environment)
	const file = flags.config ?? fromEnvironment.file
	const { config, warnings, servingProblems, fileFields, reading } = await loadConfig({
		file,
		fileOrigin: flags.config === undefined ? fileVariable : '--config',
		overrides: { ...fromEnvironment.overrides, ...readFlags(flags) },
		environment,
	})
	const configFolder = resolve(file === undefined ? '.' : dirname(file))
	// A path in the file is relative to the file; one from a flag, a variable or a default, to the working directory.
	const dataFolder = resolve(fileFields.has('data') ? configFolder : '.', config.data)
	return {
		config,
		file,
		servingProblems,
		warnings: [...warnings, ...(fileFields.has('data') ? movedData(config.data, dataFolder, reading) : [])],
		reading,
		configFolder,
		dataFolder,
		engineFolder: resolve(configFolder, config.engineFolder ?? join(dataFolder, 'engine')),
		modelFolder: resolve(configFolder, config.modelFolder ?? join(dataFolder, 'models')),
		database: locateDatabase(config.database, dataFolder),
		keyChangesFile: join(dataFolder, 'keys.changes'),
		quarantineFolder: join(dataFolder, 'quarantine'),
	}
}

/**
 * The settings of a server that other clients may use.
 *
 * @throws ConfigError also for settings that only a server must not have, such as a weak admin key on a public address.
 */
export async function readServedSettings(flags: ConfigFlags, environment: Environment): Promise<Settings> {
	const settings = await readSettings(flags, environment)
	const { servingProblems, reading } = settings
	if (servingProblems.length > 0)
		throw new ConfigError(servingProblems.join('\n'), { secretFiles: reading.secretFiles })
	return settings
}

/** Earlier versions resolved `data` against the working directory, which may still contain a database. */
function movedData(data: string, dataFolder: string, { locate }: Reading): readonly string[] {
	const before = resolve(data)
	if (before === dataFolder || !existsSync(before) || existsSync(dataFolder)) return []
	const message = `this path is relative to the configuration file and resolves to ${dataFolder}, which does not exist, but the folder ${before} does: write that path if it contains your data`
	return [locate({ path: ['data'], message })]
}
