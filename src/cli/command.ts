// The context of all commands, and the options of those that read the configuration.

import { type Command, Option } from 'commander'
import type { Environment } from '../config/environment.ts'

/** The context of every command. */
export interface CommandContext {
	readonly environment: Environment
	readonly version: string
	/** The command that runs this program, without arguments. */
	readonly command: readonly string[]
	readonly print: (line: string) => void
	/** Whether standard output is a terminal. */
	readonly terminal: boolean
	/** Writes a message for people to standard error; standard output is for results. */
	readonly printStatus: (line: string) => void
}

/** Adds the options of every command that reads the configuration. */
export function addConfigOptions(command: Command): Command {
	return command
		.addOption(new Option('--config <file>', 'configuration file (YAML); also DRAGOMAN_CONFIG'))
		.addOption(
			new Option(
				'--data <folder>',
				'folder for the database, weights and libraries; also DRAGOMAN_DATA (default: .dragoman)',
			),
		)
}
