// Where tests find the engine library and a model, and an engine opened on both. For tests only.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openLog } from '../../../telemetry/log.ts'
import type { Engine } from '../../engine.ts'
import { type LocalLlamaOptions, openLocalLlama } from './local-llama.ts'

export const libraryFolder = process.env.DRAGOMAN_TEST_ENGINE ?? '/tmp/eng'
export const toyPath =
	[join(import.meta.dir, '../../../../models/tiny-chat-q8_0.gguf'), '/work/shared/models/tiny-chat-q8_0.gguf'].find(
		existsSync,
	) ?? ''

/** Tests of the engine are skipped where its library, which is installed on demand, is not there. */
export const isLibraryHere = toyPath !== '' && existsSync(join(libraryFolder, 'node_modules', 'node-llama-cpp'))

export const silentLog = openLog({ level: 'silent', format: 'json' })

/** The toy model, on the processor. */
export function openToy(options: Partial<LocalLlamaOptions> = {}): Promise<Engine> {
	return openLocalLlama({
		libraryFolder,
		modelPath: toyPath,
		modelName: 'tiny-chat',
		gpu: false,
		log: silentLog,
		...options,
	})
}
