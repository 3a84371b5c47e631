// A provider package of the AI SDK: where it is installed, and the provider that it makes. Packages are the operator's to install; nothing is
// ever fetched here.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isObject } from '../../wire/openai/fields.ts'
import { redactorOf } from './redaction.ts'
import type { Provider } from './specification.ts'

export interface PackageOptions {
	/** Its npm name; may go on with a path that it exports, as `@ai-sdk/google-vertex/anthropic`. */
	readonly package: string
	/** The export that makes a provider; found by its name where absent. */
	readonly create?: string
	/** Handed to that export. */
	readonly options: Readonly<Record<string, unknown>>
}

/**
 * @param folders where to look, the first that has it wins; each with the folders above it, as usual.
 * @throws Error that says how to mend it: not installed, no such export, or options that the package refuses.
 */
export async function openProvider(options: PackageOptions, folders: readonly string[]): Promise<Provider> {
	const file = findPackage(options.package, folders)
	if (file === undefined) throw new Error(notInstalled(options.package, folders))
	const exported: unknown = await import(pathToFileURL(file).href)
	return create(exported, options)
}

/** The sentence for a package that is in none of these folders, undefined if it is. Loads nothing. */
export function missingPackage(specifier: string, folders: readonly string[]): string | undefined {
	const isHere = folderWith(packageName(specifier), folders) !== undefined
	return isHere ? undefined : notInstalled(specifier, folders)
}

function notInstalled(specifier: string, folders: readonly string[]): string {
	return `the package ${specifier} is not installed; install it with: npm install --prefix ${folders[0]} ${packageName(specifier)}`
}

function folderWith(name: string, folders: readonly string[]): string | undefined {
	return folders
		.flatMap(withFoldersAbove)
		.find((folder) => existsSync(join(folder, 'node_modules', name, 'package.json')))
}

/** The package's entry file. Asking the runtime alone would let it download what is missing. */
function findPackage(specifier: string, folders: readonly string[]): string | undefined {
	const folder = folderWith(packageName(specifier), folders)
	return folder === undefined ? undefined : Bun.resolveSync(specifier, folder)
}

function packageName(specifier: string): string {
	return specifier
		.split('/')
		.slice(0, specifier.startsWith('@') ? 2 : 1)
		.join('/')
}

function withFoldersAbove(folder: string): readonly string[] {
	const above = dirname(folder)
	return above === folder ? [folder] : [folder, ...withFoldersAbove(above)]
}

type Create = (options: unknown) => unknown

function create(exported: unknown, { package: name, create: chosen, options }: PackageOptions): Provider {
	const functions = Object.entries(isObject(exported) ? exported : Object(exported)).filter(
		(entry): entry is [string, Create] => typeof entry[1] === 'function',
	)
	const named = functions.filter(([word]) => (chosen === undefined ? /^create[A-Z]/.test(word) : word === chosen))
	const [one, ...others] = [...new Map(named.map(([word, make]) => [make, word]))]
	if (one === undefined)
		throw new Error(
			chosen === undefined
				? `the package ${name} has no export that makes a provider; name one with 'create'`
				: `the package ${name} has no function '${chosen}'`,
		)
	if (others.length > 0)
		throw new Error(
			`the package ${name} makes several providers; choose one with 'create': ${named.map(([word]) => word).join(', ')}`,
		)
	const [make, word] = one
	const provider = made(name, make, options)
	if (isProvider(provider)) return provider
	throw new Error(`'${word}' of the package ${name} does not make a provider with language models`)
}

/** What packages say of options may repeat them. */
function made(name: string, make: Create, options: PackageOptions['options']): unknown {
	try {
		return make(options)
	} catch (thrown) {
		const reason = thrown instanceof Error ? thrown.message : String(thrown)
		throw new Error(`the package ${name} refuses its options: ${redactorOf(options)(reason)}`)
	}
}

/** Most are functions with methods. */
function isProvider(value: unknown): value is Provider {
	const holds = (typeof value === 'object' && value !== null) || typeof value === 'function'
	return holds && 'languageModel' in value && typeof value.languageModel === 'function'
}
