// Checks of `dragoman doctor` for embedded models: the engine library, and the memory of each model.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readSystemRegistries } from '../config/package-index.ts'
import type { Settings } from '../config/settings.ts'
import { engineKinds } from '../engines/list.ts'
import { availableBuilds } from '../engines/llama/install/build.ts'
import { engineInstalled } from '../engines/llama/install/engine-folder.ts'
import { libraryVersion } from '../engines/llama/install/manifest.ts'
import { chooseModel } from '../engines/llama/model-choice.ts'
import { availableMemory, totalMemory } from '../system/available-memory.ts'
import { systemClock } from '../system/clock.ts'
import { catalogue, defaultModelId } from '../weights/catalogue.ts'
import { estimateModelMemory } from '../weights/model-memory.ts'
import { Weights } from '../weights/weights.ts'
import type { CommandContext } from './command.ts'
import type { Diagnosis } from './diagnosis.ts'
import { packageFolder } from './program-words.ts'

/** Models of upstreams whose engine runs on this machine, by the upstream's name. */
function embeddedModels({ config }: Settings): readonly (readonly [upstream: string, model: string])[] {
	return Object.entries(config.upstreams).flatMap(([name, { engine, model = defaultModelId }]) =>
		engineKinds[engine]?.ownsProcess === true ? [[name, model] as const] : [],
	)
}

export async function checkEngineBuild(settings: Settings): Promise<readonly Diagnosis[]> {
	const check = 'engine'
	if (embeddedModels(settings).length === 0)
		return [{ check, status: 'skipped', message: 'no upstream uses the embedded engine' }]
	if (availableBuilds(process).length === 0)
		return [
			{
				check,
				status: 'failed',
				message: `the embedded engine has no build for ${process.platform} on ${process.arch}`,
				remedy: 'Use an upstream of another engine.',
			},
		]
	const { engineFolder, config } = settings
	const installed = await engineInstalled(engineFolder)
	if (installed?.version === libraryVersion)
		return [
			{ check, status: 'ok', message: `${installed.version} in ${engineFolder}, for ${installed.builds.join(', ')}` },
		]
	const remedy = 'Run: dragoman engine install'
	const message =
		installed === undefined
			? `the engine library is not in ${engineFolder}`
			: `${engineFolder} contains version ${installed.version} of the engine library, not ${libraryVersion}`
	if (installed === undefined && config.download)
		return [{ check, status: 'ok', message: `${message} yet; the server installs it, about 85 MB` }]
	return [{ check, status: 'failed', message, remedy }]
}

export async function checkModelMemory(
	settings: Settings,
	{ environment }: CommandContext,
): Promise<readonly Diagnosis[]> {
	const check = 'memory'
	const models = embeddedModels(settings)
	const availableBytes = availableMemory()
	if (models.length === 0)
		return [{ check, status: 'ok', message: `${megabytes(availableBytes)} MB are available; no model runs here` }]
	const { modelFolder, configFolder, dataFolder, config } = settings
	const weights = new Weights({
		folder: modelFolder,
		packagedFolder: join(packageFolder, 'models'),
		catalogue,
		registries: () => readSystemRegistries(environment, dataFolder),
		clock: systemClock,
	})
	return Promise.all(
		models.map(async ([upstream, model]): Promise<Diagnosis> => {
			const choice = await chooseModel(model, { weights, modelFolder, folder: configFolder, download: config.download })
			const size =
				choice.type === 'here' ? (await stat(choice.path)).size : catalogue.find(({ id }) => id === model)?.sizeBytes
			const name = `upstreams.${upstream}: ${choice.type === 'here' ? choice.name : model}`
			if (size === undefined)
				return { check, status: 'skipped', message: `${name}: its size is unknown before it is downloaded` }
			const needed = estimateModelMemory(size)
			const message = `${name} needs about ${megabytes(needed)} MB, and ${megabytes(availableBytes)} MB are available`
			if (needed <= availableBytes) return { check, status: 'ok', message }
			// A model that is running already has its memory.
			const status = needed > totalMemory() ? 'failed' : 'warning'
			return { check, status, message, remedy: 'Choose a smaller model: see `dragoman models list`.' }
		}),
	)
}

function megabytes(bytes: number): number {
	return Math.round(bytes / 1_000_000)
}
