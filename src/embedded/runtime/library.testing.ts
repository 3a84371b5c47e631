// The engine library and a model for tests, and an engine opened on both. For tests only.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Engine } from '../../engines/engine.ts'
import { openLog } from '../../system/log.ts'
import { type LocalLlamaOptions, openLocalLlama } from './local-llama.ts'

const root = join(import.meta.dir, '../../..')
export const libraryFolder = process.env.DRAGOMAN_TEST_ENGINE ?? join(root, '.cache', 'engine')
/** The weights of the toy model, which are part of the package. */
export const toyPath = join(root, 'models', 'tiny-chat-q8_0.gguf')

/** Tests of the engine are skipped if its library, which is installed on demand, is missing. */
export const isLibraryHere = existsSync(join(libraryFolder, 'node_modules', 'node-llama-cpp'))

export const silentLog = openLog({ level: 'silent', format: 'json' })

/** The toy model, on the CPU. */
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

/** llama.cpp's own matcher of grammars. */
export async function openMatcher() {
	const entry = join(libraryFolder, 'node_modules', 'node-llama-cpp', 'dist', 'index.js')
	const { getLlama } = (await import(pathToFileURL(entry).href)) as {
		getLlama: (options: object) => Promise<MatchingLlama>
	}
	const llama = await getLlama({
		gpu: false,
		build: 'never',
		skipDownload: true,
		progressLogs: false,
		logLevel: 'error',
	})
	return {
		/** Reports whether whole texts match. */
		async compile(grammar: string): Promise<(text: string) => boolean> {
			const compiled = await llama.createGrammar({ grammar })
			return (text) => compiled._testText(text)
		},
		close: () => llama.dispose(),
	}
}

interface MatchingLlama {
	createGrammar(options: { readonly grammar: string }): Promise<{ _testText(text: string): boolean }>
	dispose(): Promise<void>
}
