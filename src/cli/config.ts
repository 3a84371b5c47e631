// dragoman config: validates a configuration file, prints its schema for editors, and imports the configuration of
// another product.

import { readFile } from 'node:fs/promises'
import { Argument, Command } from 'commander'
import { isObject } from '../chat/json.ts'
import { ConfigError } from '../config/config-error.ts'
import { type ConfigFlags, readSettings } from '../config/settings.ts'
import { describeReadFailure } from '../system/system-error.ts'
import { terminalLine } from '../system/terminal-text.ts'
import { CliError } from './cli-error.ts'
import { addConfigOptions, type CommandContext } from './command.ts'

interface CheckFlags extends ConfigFlags {
	readonly online?: true
}

export function configCommand(context: CommandContext): Command {
	const config = new Command('config').description(
		"validate the configuration file, print its schema, or import another product's",
	)
	addConfigOptions(
		config.command('check').description('validate the configuration; errors are printed with file, line and remedy'),
	)
		.option('--online', 'also send each upstream one request for its models')
		.action((flags: CheckFlags) => check(flags, context))
	config
		.command('schema')
		.description('print the JSON Schema of the configuration file')
		.action(async () => {
			const { configJsonSchema } = await import('../config/json-schema.ts')
			context.print(JSON.stringify(configJsonSchema(), null, 2))
		})
	config
		.command('import')
		.description('translate the configuration of another product, and print it')
		.addArgument(new Argument('<product>', 'the product').choices(['litellm']))
		.argument('<file>', 'its configuration file')
		.action((_: string, file: string) => importFile(file, context))
	return config
}

async function importFile(file: string, { print, printStatus }: CommandContext): Promise<void> {
	const text = await readFile(file, 'utf8').catch((cause: unknown) => {
		throw new CliError(`Not imported: ${describeReadFailure(file, cause)}.`)
	})
	const { parse, stringify } = await import('yaml')
	const { translateLiteLlm } = await import('./litellm-config.ts')
	const { config, notes } = translateLiteLlm(parseSource(file, () => parse(text, { merge: true })))
	print(
		[
			`# Imported from ${file} by \`dragoman config import\`. docs/configuration.md describes every field.`,
			stringify(config, { lineWidth: 0 }).trimEnd(),
		].join('\n'),
	)
	for (const note of notes) printStatus(terminalLine(note))
}

function parseSource(file: string, parse: () => unknown): Readonly<Record<string, unknown>> {
	let source: unknown
	try {
		source = parse()
	} catch (cause) {
		// The lines after the first quote the file, which may contain keys.
		const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
		throw new CliError(`${file} is not YAML: ${reason.replace(/:$/, '')}.`)
	}
	if (isObject(source) && Array.isArray(source.model_list)) return source
	throw new CliError(`${file} has no \`model_list\`, so it is not a configuration of LiteLLM's proxy.`)
}

async function check({ online, ...flags }: CheckFlags, context: CommandContext): Promise<void> {
	const { checkEngines } = await import('../config/engine-checks.ts')
	const settings = await readSettings(flags, context.environment)
	for (const warning of settings.warnings) context.printStatus(`warning: ${warning}`)
	const problems = [...settings.servingProblems, ...(await checkEngines(settings, context.environment))]
	if (problems.length > 0) throw new ConfigError(problems.join('\n'))
	const { models, upstreams } = settings.config
	context.print(
		`${settings.file ?? 'The default configuration'} is valid: ${count(models, 'model')}, ${count(upstreams, 'upstream')}.`,
	)
	if (online === true) await checkOnline()

	async function checkOnline(): Promise<void> {
		const { probeUpstreams } = await import('./config-online.ts')
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
