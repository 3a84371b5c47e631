// The configuration as it is used: flags over environment over file, with every folder absolute.

import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Log, openLog } from '../system/log.ts'
import { type Environment, fileVariable, readEnvironment } from './environment.ts'
import { loadConfig, type Reading } from './load.ts'
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
	/** What is allowed in the configuration but probably not meant, one line each. */
	readonly warnings: readonly string[]
	readonly reading: Reading
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
	const { config, warnings, fileFields, reading } = await loadConfig({
		...(file === undefined ? {} : { file, fileOrigin: flags.config === undefined ? fileVariable : '--config' }),
		overrides: {
			...fromEnvironment.overrides,
			...(flags.data === undefined ? {} : { data: { value: flags.data, origin: '--data' } }),
			...(flags.listen === undefined ? {} : { listen: { value: flags.listen, origin: '--listen' } }),
		},
		environment,
	})
	const configFolder = resolve(file === undefined ? '.' : dirname(file))
	// A path in the file begins at the file; one from a flag, a variable or a default, in the working directory.
	const dataFolder = resolve(fileFields.has('data') ? configFolder : '.', config.data)
	return {
		config,
		file,
		warnings: [...warnings, ...(fileFields.has('data') ? movedData(config.data, dataFolder, reading) : [])],
		reading,
		configFolder,
		dataFolder,
		engineFolder: resolve(configFolder, config.engineFolder ?? join(dataFolder, 'engine')),
		modelFolder: resolve(configFolder, config.modelFolder ?? join(dataFolder, 'models')),
		database: config.database,
		databaseFile: join(dataFolder, 'dragoman.sqlite'),
		keyChangesFile: join(dataFolder, 'keys.changes'),
	}
}

/** Earlier versions took the path of `data` as relative to the working directory, where a database may be. */
function movedData(data: string, dataFolder: string, { locate }: Reading): readonly string[] {
	const before = resolve(data)
	if (before === dataFolder || !existsSync(before) || existsSync(dataFolder)) return []
	const message = `this path begins at the configuration file and means ${dataFolder}, which does not exist, but there is a folder ${before}: write that path if it holds your data`
	return [locate({ path: ['data'], message })]
}

/** The log that the configuration asks for. */
export function openConfiguredLog({ config }: Settings): Log {
	const format = config.log.format ?? (process.stderr.isTTY ? 'text' : 'json')
	return openLog({ level: config.log.level, format })
}
