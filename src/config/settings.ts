// The configuration as it is used: flags over environment over file, with every folder absolute.

import { dirname, join, resolve } from 'node:path'
import { type Log, openLog } from '../telemetry/log.ts'
import { type Environment, readEnvironment } from './environment.ts'
import { loadConfig } from './load.ts'
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
	/** The folder of that file, where relative paths in it start; the working directory without a file. */
	readonly configFolder: string
	readonly dataFolder: string
	readonly engineFolder: string
	readonly modelFolder: string
	/** `sqlite`, or the URL of a PostgreSQL database. */
	readonly database: string
	/** SQLite's. */
	readonly databaseFile: string
	/** Counted up whenever a key is made or revoked. */
	readonly keyChangesFile: string
}

/**
 * @param flags of the command line, which win over the environment, which wins over the file.
 * @throws ConfigError
 */
export async function readSettings(flags: ConfigFlags, environment: Environment): Promise<Settings> {
	const fromEnvironment = readEnvironment(environment)
	const file = flags.config ?? fromEnvironment.file
	const config = await loadConfig({
		...(file === undefined ? {} : { file }),
		overrides: {
			...fromEnvironment.overrides,
			...(flags.data === undefined ? {} : { data: flags.data }),
			...(flags.listen === undefined ? {} : { listen: flags.listen }),
		},
		environment,
	})
	const dataFolder = resolve(config.data)
	return {
		config,
		file,
		configFolder: resolve(file === undefined ? '.' : dirname(file)),
		dataFolder,
		engineFolder: resolve(config.engineFolder ?? join(dataFolder, 'engine')),
		modelFolder: resolve(config.modelFolder ?? join(dataFolder, 'models')),
		database: config.database,
		databaseFile: join(dataFolder, 'dragoman.sqlite'),
		keyChangesFile: join(dataFolder, 'keys.changes'),
	}
}

/** The log that the configuration asks for. */
export function openConfiguredLog({ config }: Settings): Log {
	const format = config.log.format ?? (process.stderr.isTTY ? 'text' : 'json')
	return openLog({ level: config.log.level, format })
}
