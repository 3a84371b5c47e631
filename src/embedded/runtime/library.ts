// Imports node-llama-cpp from its installation folder. It has no knowledge of models. It never downloads or compiles
// anything: only the files in the folder are used.

import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { Log } from '../../system/log.ts'
import type { LlamaLibrary, LlamaRuntime } from './binding.ts'

export interface LibraryOptions {
	/** Absolute; its `node_modules` contains node-llama-cpp. */
	readonly folder: string
	/** `auto` uses an installed GPU build that works, else the CPU's. */
	readonly gpu: 'auto' | 'cuda' | 'vulkan' | 'metal' | false
	readonly log: Log
}

/**
 * @throws Error if the library is not installed, has another version than expected, or has no build for this machine.
 */
export async function openLibrary({ folder, gpu, log }: LibraryOptions): Promise<LlamaRuntime> {
	const entry = join(folder, 'node_modules', 'node-llama-cpp', 'dist', 'index.js')
	await access(entry).catch((cause: unknown) => {
		throw new Error(
			`The engine library node-llama-cpp is not installed in ${folder}: run \`dragoman engine install\`.`,
			{ cause },
		)
	})
	const library = (await import(pathToFileURL(entry).href)) as LlamaLibrary
	const llama = await open(library, folder, gpu, log)
	if (typeof llama._bindings?.AddonSampler !== 'function' || typeof llama._bindings.AddonGrammar !== 'function') {
		await llama.dispose()
		throw new Error(
			`The engine library in ${folder} has an unsupported version. Install the supported one with: npx --no-install dragoman engine install --folder ${folder}`,
		)
	}
	return llama
}

async function open(
	library: LlamaLibrary,
	folder: string,
	gpu: LibraryOptions['gpu'],
	log: Log,
): Promise<LlamaRuntime> {
	try {
		return await library.getLlama({
			gpu,
			build: 'never',
			skipDownload: true,
			progressLogs: false,
			maxThreads: 0,
			// Lines of lower levels may be written to standard output when the library is disposed of.
			logLevel: 'error',
			logger: (level, message) => log.warn({ severity: level }, `llama.cpp: ${message.trim()}`),
		})
	} catch (cause) {
		// The library's error for this has no message, only a name.
		const isMissing = cause instanceof Error && /NoBinaryFound/.test(`${cause.name} ${cause.message}`)
		if (!isMissing) throw cause
		const build = gpu === 'auto' || gpu === false ? 'cpu' : gpu
		throw new Error(
			`No ${build === 'cpu' ? 'CPU' : build.toUpperCase()} build is installed in ${folder}. Install it with: npx --no-install dragoman engine install ${build} --folder ${folder}`,
			{ cause },
		)
	}
}

const packageSchema = z.object({ version: z.string() })

/** The version of the library in a folder, from its own package file. */
export async function libraryVersion(folder: string): Promise<string> {
	const text = await readFile(join(folder, 'node_modules', 'node-llama-cpp', 'package.json'), 'utf8')
	return packageSchema.parse(JSON.parse(text)).version
}
