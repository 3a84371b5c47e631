// dragoman config: checks a configuration, or prints its schema.

import { Command } from 'commander'
import { z } from 'zod'
import { configSchema } from '../config/schema.ts'
import { type ConfigFlags, readSettings } from '../config/settings.ts'
import { addConfigOptions, type CommandSurroundings } from './program.ts'

export function configCommand(surroundings: CommandSurroundings): Command {
	const config = new Command('config').description('the configuration: check it, or print its schema')
	addConfigOptions(
		config.command('check').description('check the configuration; what is wrong is said with file, line and field'),
	).action(async (flags: ConfigFlags) => {
		const { config: checked, file } = await readSettings(flags, surroundings.environment)
		const [models, upstreams] = [Object.keys(checked.models).length, Object.keys(checked.upstreams).length]
		surroundings.print(`${file ?? 'The default configuration'} is valid: ${models} models, ${upstreams} upstreams.`)
	})
	config
		.command('schema')
		.description('print the JSON Schema of the configuration file')
		.action(() => surroundings.print(JSON.stringify(z.toJSONSchema(configSchema, { io: 'input' }), null, 2)))
	return config
}
