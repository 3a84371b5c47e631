// dragoman config: validates a configuration file, and prints its schema for editors.

import { Command } from 'commander'
import { ConfigError } from '../config/config-error.ts'
import { checkEngines } from '../config/engine-checks.ts'
import { configJsonSchema } from '../config/json-schema.ts'
import { type ConfigFlags, readSettings } from '../config/settings.ts'
import { CliError } from './cli-error.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { probeUpstreams } from './config-online.ts'

interface CheckFlags extends ConfigFlags {
	readonly online?: true
}

export function configCommand(context: CommandContext): Command {
	const config = new Command('config').description('validate the configuration file, or print its schema')
	addConfigOptions(
		config.command('check').description('validate the configuration; errors are printed with file, line and remedy'),
	)
		.option('--online', 'also send each upstream one request for its models')
		.action((flags: CheckFlags) => check(flags, context))
	config
		.command('schema')
		.description('print the JSON Schema of the configuration file')
		.action(() => context.print(JSON.stringify(configJsonSchema(), null, 2)))
	return config
}

async function check({ online, ...flags }: CheckFlags, context: CommandContext): Promise<void> {
	const settings = await readSettings(flags, context.environment)
	for (const warning of settings.warnings) context.printStatus(`warning: ${warning}`)
	const problems = await checkEngines(settings, context.environment)
	if (problems.length > 0) throw new ConfigError(problems.join('\n'))
	const { models, upstreams } = settings.config
	context.print(
		`${settings.file ?? 'The default configuration'} is valid: ${count(models, 'model')}, ${count(upstreams, 'upstream')}.`,
	)
	if (online === true) await checkOnline()

	async function checkOnline(): Promise<void> {
		const reports = await probeUpstreams(settings, context)
		for (const { line, outcome } of reports) if (outcome !== 'failed') context.print(line)
		const failures = reports.filter(({ outcome }) => outcome === 'failed')
		const [first, ...others] = failures.map(({ line }) => line)
		if (first !== undefined) throw new CliError(first, 1, others)
	}
}

function count(entries: object, name: string): string {
	const { length } = Object.keys(entries)
	return `${length} ${name}${length === 1 ? '' : 's'}`
}
