// dragoman config: checks a configuration file, and prints its schema for editors.

import { Command } from 'commander'
import { checkEngines } from '../config/engine-checks.ts'
import { configJsonSchema } from '../config/json-schema.ts'
import { ConfigError } from '../config/load.ts'
import { type ConfigFlags, readSettings } from '../config/settings.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { Complaint } from './complaint.ts'
import { askUpstreams } from './config-online.ts'

interface CheckFlags extends ConfigFlags {
	readonly online?: true
}

export function configCommand(surroundings: CommandContext): Command {
	const config = new Command('config').description('the configuration file: check it, print its schema')
	addConfigOptions(
		config.command('check').description('check a configuration; what is wrong is printed with file, line and remedy'),
	)
		.option('--online', 'also ask each upstream for its models, once')
		.action((flags: CheckFlags) => check(flags, surroundings))
	config
		.command('schema')
		.description('print the JSON Schema of the configuration file')
		.action(() => surroundings.print(JSON.stringify(configJsonSchema(), null, 2)))
	return config
}

async function check({ online, ...flags }: CheckFlags, surroundings: CommandContext): Promise<void> {
	const settings = await readSettings(flags, surroundings.environment)
	for (const warning of settings.warnings) surroundings.tell(`warning: ${warning}`)
	const complaints = await checkEngines(settings, surroundings.environment)
	if (complaints.length > 0) throw new ConfigError(complaints.join('\n'))
	const { models, upstreams } = settings.config
	surroundings.print(
		`${settings.file ?? 'The default configuration'} is valid: ${count(models, 'model')}, ${count(upstreams, 'upstream')}.`,
	)
	if (online === true) await checkOnline()

	async function checkOnline(): Promise<void> {
		const reports = await askUpstreams(settings, surroundings)
		for (const { line, failed } of reports) if (!failed) surroundings.print(line)
		const failures = reports.filter(({ failed }) => failed)
		if (failures.length > 0) throw new Complaint(failures.map(({ line }) => line).join('\n'))
	}
}

function count(things: object, name: string): string {
	const { length } = Object.keys(things)
	return `${length} ${name}${length === 1 ? '' : 's'}`
}
