// Reads and validates a configuration file, and adds defaults. Every error has file, line, field and remedy. Secrets
// come from the environment or from separate files.

import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { describeReadFailure } from '../system/system-error.ts'
import { checkAdminKey } from './admin-key.ts'
import {
	builtInUpstream,
	checkMapping,
	checkModels,
	explainModelsText,
	markBuiltIn,
	reservedName,
	withEmbeddedModel,
} from './built-in.ts'
import { ConfigError } from './config-error.ts'
import type { ConfigProblem } from './config-problem.ts'
import { ConfigProblems } from './config-problems.ts'
import { type Document, DocumentError, parseYaml } from './document.ts'
import type { ConfigOverride, Environment } from './environment.ts'
import { fieldAt } from './field.ts'
import { fillIn, readGivenSecret } from './fill-in.ts'
import { parse, withoutValue } from './parse.ts'
import { findProxyProblems } from './proxy-problems.ts'
import { record } from './record.ts'
import { checkReferences, undiscoverable } from './references.ts'
import { renameFields } from './renamed-fields.ts'
import { type ConfigFile, configSchema, embeddedWord, extension } from './schema.ts'
import { findWarnings, unknownVariables } from './warnings.ts'

export interface ConfigSource {
	/** YAML file, if any. */
	readonly file?: string
	/** Origin of the path: `--config` or `DRAGOMAN_CONFIG`. */
	readonly fileOrigin?: string
	/** Values from the command line and the environment, which take precedence over the file. By the field's name. */
	readonly overrides: Readonly<Record<string, ConfigOverride>>
	/** For `${NAME}` in the file. */
	readonly environment: Environment
}

export interface LoadedConfig {
	readonly config: ConfigFile
	/** Valid settings that are probably mistakes, one line each. */
	readonly warnings: readonly string[]
	/** Why a server must not serve this configuration, although other commands can use it. One line each. */
	readonly servingProblems: readonly string[]
	/** Fields at the top level of the file that are not overridden. */
	readonly fileFields: ReadonlySet<string>
	/** The content of the file, for comparison with later readings. */
	readonly reading: Reading
}

/** The content of a file. It contains secrets and must not be logged. */
export interface Reading {
	readonly text: string
	/** With variables and secrets filled in, without defaults. */
	readonly values: Readonly<Record<string, unknown>>
	/** Absolute paths of the files that secrets were read from. */
	readonly secretFiles: readonly string[]
	/** Writes a problem with its position: `file:line: field: message`. */
	readonly locate: (problem: ConfigProblem) => string
}

/** @throws ConfigError */
export async function loadConfig(source: ConfigSource): Promise<LoadedConfig> {
	const { text, document: yaml } = await readDocument(source)
	const problems = new ConfigProblems(yaml, source.overrides)
	const { values, ...renamed } = renameFields(withoutExtensions(yaml.value))
	if (source.file !== undefined) {
		problems.throwIfAny(checkMapping(yaml.value))
		problems.add(checkModels(values))
	}
	problems.add(renamed.problems)
	const folder = resolve(source.file === undefined ? '.' : dirname(source.file))
	const filled = await fillIn(values, { schema: configSchema, environment: source.environment, folder })
	problems.add(filled.problems)
	problems.secretFiles = filled.secretFiles
	const given = await readOverrides(source.overrides, problems)
	const fromFile = record(filled.value)
	const usesBuiltIn = source.file === undefined || fromFile.models === embeddedWord
	if (usesBuiltIn && Object.hasOwn(record(fromFile.upstreams), builtInUpstream))
		problems.add([{ path: ['upstreams', builtInUpstream], message: reservedName }])
	if (typeof fromFile.models === 'string' && !usesBuiltIn)
		problems.add([{ path: ['models'], message: explainModelsText(fromFile.models) }])
	const document = { ...(usesBuiltIn ? withEmbeddedModel(fromFile) : fromFile), ...given }
	problems.add(checkReferences(document).map((one) => withoutValue(one, document, filled.fromVariables)))
	const config = parse(document, filled.fromVariables, problems)
	problems.throwIfAny([...findProxyProblems(config, source.environment), ...undiscoverable(config)])
	const warnings = [...renamed.warnings, ...findWarnings(config)].map((warning) => problems.locate(warning))
	return {
		config: usesBuiltIn ? markBuiltIn(config) : config,
		warnings: [...warnings, ...unknownVariables(source.environment)],
		servingProblems: checkAdminKey(config).map((problem) => problems.locate(problem)),
		fileFields: new Set(Object.keys(fromFile).filter((name) => !Object.hasOwn(given, name))),
		reading: {
			text,
			values: fromFile,
			secretFiles: filled.secretFiles,
			locate: (problem) => problems.locate(problem),
		},
	}
}

async function readDocument({
	file,
	fileOrigin,
}: ConfigSource): Promise<{ readonly text: string; readonly document: Document }> {
	if (file === undefined)
		return { text: '', document: { name: 'configuration', value: {}, offset: () => 0, line: () => undefined } }
	if (file.trim() === '')
		throw new ConfigError(`${fileOrigin ?? 'configuration'} is empty: name a file, or leave it out`)
	const text = decode(file, await readBytes(file, fileOrigin))
	try {
		return { text, document: parseYaml(file, text) }
	} catch (thrown) {
		throw thrown instanceof DocumentError ? new ConfigError(thrown.message, { cause: thrown }) : thrown
	}
}

async function readBytes(file: string, origin = 'configuration'): Promise<Uint8Array> {
	try {
		return await readFile(file)
	} catch (cause) {
		throw new ConfigError(`${origin}: ${describeReadFailure(file, cause)}`, { cause })
	}
}

function decode(file: string, bytes: Uint8Array): string {
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
	} catch (cause) {
		throw new ConfigError(`${file}: the file is not text in UTF-8: save it as UTF-8`, { cause })
	}
}

/** Removes fields at the top level whose names begin with `x-`: they contain values shared by anchors. */
function withoutExtensions(value: unknown): Readonly<Record<string, unknown>> {
	return Object.fromEntries(Object.entries(record(value)).filter(([name]) => !extension.test(name)))
}

async function readOverrides(
	overrides: ConfigSource['overrides'],
	problems: ConfigProblems,
): Promise<Readonly<Record<string, string>>> {
	const given: Record<string, string> = {}
	for (const [name, { value }] of Object.entries(overrides)) {
		if (fieldAt(configSchema, [name], {})?.secret !== true) {
			given[name] = value.trim()
			continue
		}
		const { text, problem } = await readGivenSecret(value)
		given[name] = text
		if (problem !== undefined) problems.add([{ path: [name], message: problem }])
	}
	return given
}
