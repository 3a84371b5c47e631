// What all commands share: what they are given, and the options of those that read the configuration.

import { type Command, Option } from 'commander'
import type { Environment } from '../config/environment.ts'

/** What every command is given. */
export interface CommandContext {
	readonly environment: Environment
	readonly version: string
	/** The command that runs this program, without arguments. */
	readonly command: readonly string[]
	readonly print: (line: string) => void
	/** Whether standard output is a terminal. */
	readonly terminal: boolean
	/** For people; standard output belongs to what was asked for. */
	readonly tell: (line: string) => void
}

/** Options that every command which reads the configuration has. */
export function addConfigOptions(command: Command): Command {
	return command
		.addOption(new Option('--config <file>', 'configuration file (YAML); also DRAGOMAN_CONFIG'))
		.addOption(
			new Option(
				'--data <folder>',
				'folder for database, weights and libraries; also DRAGOMAN_DATA (default: .dragoman)',
			),
		)
}
