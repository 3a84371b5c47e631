// Runs the checks of engines on the upstreams of a configuration before any is opened, for example for a missing model
// or package.

import { engineKinds } from '../engines/list.ts'
import { systemClock } from '../system/clock.ts'
import type { Environment } from './environment.ts'
import { readSystemRegistries } from './package-index.ts'
import type { Settings } from './settings.ts'

/**
 * One line for each upstream that cannot work, in the form of the other problems about the configuration. Only reads
 * the disk.
 */
export async function checkEngines(settings: Settings, environment: Environment): Promise<readonly string[]> {
	const { config, configFolder, dataFolder, engineFolder, modelFolder, reading } = settings
	const context = {
		configFolder,
		engineFolder,
		modelFolder,
		download: config.download,
		registries: () => readSystemRegistries(environment, dataFolder),
		clock: systemClock,
	}
	const problems = Object.entries(config.upstreams).map(async ([name, upstream]) => {
		const { engine, model, builtIn, concurrency: _c, breaker: _b, health: _h, models: _m, ...options } = upstream
		// The built-in default is downloaded while the toy model responds.
		if (builtIn === true) return undefined
		const problem = await engineKinds[engine]?.check?.(options, { ...context, model })
		if (problem === undefined) return undefined
		return reading.locate({ path: ['upstreams', name, 'package' in options ? 'package' : 'model'], message: problem })
	})
	return (await Promise.all(problems)).filter((problem) => problem !== undefined)
}
