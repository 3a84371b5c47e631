// What the engines say about the upstreams of a configuration before any is opened: a model or a package that is not on this machine.

import { engineKinds } from '../engines/list.ts'
import { systemClock } from '../system/clock.ts'
import type { Environment } from './environment.ts'
import { readMachineRegistries } from './package-index.ts'
import type { Settings } from './settings.ts'

/** One line for each upstream that cannot work as it is, in the form of the other complaints about the configuration. Reads the disk only. */
export async function checkEngines(settings: Settings, environment: Environment): Promise<readonly string[]> {
	const { config, configFolder, dataFolder, engineFolder, modelFolder, reading } = settings
	const surroundings = {
		configFolder,
		engineFolder,
		modelFolder,
		download: config.download,
		registries: () => readMachineRegistries(environment, dataFolder),
		clock: systemClock,
	}
	const complaints = Object.entries(config.upstreams).map(async ([name, upstream]) => {
		const { engine, model, builtIn, concurrency: _c, breaker: _b, health: _h, ...options } = upstream
		// The built-in default is fetched while a toy answers.
		if (builtIn === true) return undefined
		const complaint = await engineKinds[engine]?.check?.(options, { ...surroundings, model })
		if (complaint === undefined) return undefined
		return reading.locate({ path: ['upstreams', name, 'package' in options ? 'package' : 'model'], message: complaint })
	})
	return (await Promise.all(complaints)).filter((complaint) => complaint !== undefined)
}
