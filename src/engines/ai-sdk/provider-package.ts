// Finds an installed provider package of the AI SDK and creates its provider. The operator installs packages; nothing
// is downloaded here.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isObject } from '../../chat/json.ts'
import { optionRedactor } from './redaction.ts'
import type { Provider } from './specification.ts'

export interface PackageOptions {
	/** npm name, optionally with an exported path, such as `@ai-sdk/google-vertex/anthropic`. */
	readonly package: string
	/** Export that creates a provider. Default: the one whose name starts with `create`. */
	readonly create?: string
	/** Passed to that export. */
	readonly options: Readonly<Record<string, unknown>>
}

/**
 * @param folders folders to search, in order of precedence; each includes its parent folders.
 * @throws Error with instructions: not installed, no such export, or options that the package rejects.
 */
export async function openProvider(options: PackageOptions, folders: readonly string[]): Promise<Provider> {
	const file = findPackage(options.package, folders)
	if (file === undefined) throw new Error(notInstalled(options.package, folders))
	const exported: unknown = await import(pathToFileURL(file).href)
	return create(exported, options)
}

/**
 * Returns the error message for a package that is not installed in these folders, undefined if it is. Loads nothing.
 */
export function missingPackage(specifier: string, folders: readonly string[]): string | undefined {
	const isInstalled = folderWith(packageName(specifier), folders) !== undefined
	return isInstalled ? undefined : notInstalled(specifier, folders)
}

function notInstalled(specifier: string, folders: readonly string[]): string {
	return `the package ${specifier} is not installed; install it with: npm install --prefix ${folders[0]} ${packageName(specifier)}`
}

function folderWith(name: string, folders: readonly string[]): string | undefined {
	return folders
		.flatMap(withFoldersAbove)
		.find((folder) => existsSync(join(folder, 'node_modules', name, 'package.json')))
}

/** The package's entry file. Without the check of the folders, the runtime could download a missing package. */
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
				? `the package ${name} has no export that creates a provider; set 'create' to the name of one`
				: `the package ${name} does not export a function '${chosen}'`,
		)
	if (others.length > 0)
		throw new Error(
			`the package ${name} exports several functions that create a provider; set 'create' to one of: ${named.map(([word]) => word).join(', ')}`,
		)
	const [make, word] = one
	const provider = made(name, make, options)
	if (isProvider(provider)) return provider
	throw new Error(`'${word}' of the package ${name} does not create a provider with language models`)
}

/** Error messages of packages may contain the options, so they are redacted. */
function made(name: string, make: Create, options: PackageOptions['options']): unknown {
	try {
		return make(options)
	} catch (thrown) {
		const reason = thrown instanceof Error ? thrown.message : String(thrown)
		throw new Error(`the package ${name} rejected its options: ${optionRedactor(options)(reason)}`)
	}
}

/** Most providers are functions with methods. */
function isProvider(value: unknown): value is Provider {
	const holds = (typeof value === 'object' && value !== null) || typeof value === 'function'
	return holds && 'languageModel' in value && typeof value.languageModel === 'function'
}
