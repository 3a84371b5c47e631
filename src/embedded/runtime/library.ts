// node-llama-cpp, imported from the folder it was installed into. It knows nothing of models. Nothing is ever downloaded or compiled
// here: what the folder holds is what runs.

import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { Log } from '../../system/log.ts'
import type { Llama, LlamaLibrary } from './binding.ts'

export interface LibraryOptions {
	/** Absolute; its `node_modules` holds node-llama-cpp. */
	readonly folder: string
	/** `auto` takes a GPU build that is installed and works, else the CPU's. */
	readonly gpu: 'auto' | 'cuda' | 'vulkan' | 'metal' | false
	readonly log: Log
}

/** @throws Error where the library is not installed, is not the version this was written for, or has no build for this machine. */
export async function openLibrary({ folder, gpu, log }: LibraryOptions): Promise<Llama> {
	const entry = join(folder, 'node_modules', 'node-llama-cpp', 'dist', 'index.js')
	await access(entry).catch((cause: unknown) => {
		throw new Error(`The engine library node-llama-cpp is not installed in ${folder}.`, { cause })
	})
	const library = (await import(pathToFileURL(entry).href)) as LlamaLibrary
	const llama = await open(library, folder, gpu, log)
	if (typeof llama._bindings?.AddonSampler !== 'function' || typeof llama._bindings.AddonGrammar !== 'function') {
		await llama.dispose()
		throw new Error(`The engine library in ${folder} is not the version that this engine was written for.`)
	}
	return llama
}

async function open(library: LlamaLibrary, folder: string, gpu: LibraryOptions['gpu'], log: Log): Promise<Llama> {
	try {
		return await library.getLlama({
			gpu,
			build: 'never',
			skipDownload: true,
			progressLogs: false,
			maxThreads: 0,
			// Lesser lines may end on standard output when the library is disposed of.
			logLevel: 'error',
			logger: (level, message) => log.warn({ severity: level }, `llama.cpp: ${message.trim()}`),
		})
	} catch (cause) {
		// The library's error for this has no message beside its name.
		const isMissing = cause instanceof Error && /NoBinaryFound/.test(`${cause.name} ${cause.message}`)
		if (!isMissing) throw cause
		const build = gpu === 'auto' || gpu === false ? 'cpu' : gpu
		throw new Error(
			`No ${build === 'cpu' ? 'CPU' : build.toUpperCase()} build is installed in ${folder}. Install it with: npx dragoman engine install ${build} --folder ${folder}`,
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
