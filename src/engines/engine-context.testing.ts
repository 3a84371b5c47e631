// The context of engines that are opened in tests from their configuration, for engines that start no process and download nothing.

import { tmpdir } from 'node:os'
import { systemClock } from '../system/clock.ts'
import { openLog } from '../system/log.ts'
import type { EngineContext } from './kind.ts'

export const silentContext: EngineContext = {
	name: 'u',
	model: undefined,
	builtIn: false,
	log: openLog({ level: 'silent', format: 'text' }),
	clock: systemClock,
	configFolder: tmpdir(),
	engineFolder: tmpdir(),
	modelFolder: tmpdir(),
	socketFolder: async () => tmpdir(),
	command: [],
	download: false,
	registries: async () => {
		throw new Error('not used')
	},
	showProgress: () => ({ update() {}, end() {} }),
	outOfDescriptors() {},
	environment: {},
}
