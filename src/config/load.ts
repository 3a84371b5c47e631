// A configuration file read, checked and completed. Whatever is wrong is described with file, line, field and remedy; secrets come from the
// environment or from files of their own.

import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { z } from 'zod'
import { embeddedByDefault } from '../engines/list.ts'
import { withoutCredentials } from '../fields/text.ts'
import { nearest } from '../text/nearest.ts'
import { type Complaint, shown, writePath } from './complaint.ts'
import { type Document, DocumentError, parseYaml } from './document.ts'
import type { Environment, Override } from './environment.ts'
import { fieldAt } from './field.ts'
import { explainReadFailure, fillIn, readGivenSecret } from './fill-in.ts'
import { foreignField } from './foreign-words.ts'
import { checkReferences } from './references.ts'
import { type ConfigFile, configSchema, embeddedWord, extension, type UpstreamConfig } from './schema.ts'
import { explainIssues, kindOf, noSentence } from './sentences.ts'
import { findWarnings, unknownVariables } from './warnings.ts'

/** Wrong in a way that the operator can mend. Its message has a line for each complaint: `file:line: field: complaint`. */
export class ConfigError extends Error {
	override readonly name = 'ConfigError'
	/** Absolute paths of the files that secrets should come from: once one of them changes, another try may succeed. */
	readonly secretFiles: readonly string[]

	constructor(
		message: string,
		{ secretFiles = [], ...options }: ErrorOptions & { readonly secretFiles?: readonly string[] } = {},
	) {
		super(message, options)
		this.secretFiles = secretFiles
	}
}

export interface ConfigSource {
	/** YAML file, if any. */
	readonly file?: string
	/** What named the file: `--config` or `DRAGOMAN_CONFIG`. */
	readonly fileOrigin?: string
	/** Values that win over the file's: from the command line and the environment. By the field's name. */
	readonly overrides: Readonly<Record<string, Override>>
	/** For `${NAME}` in the file. */
	readonly environment: Environment
}

export interface LoadedConfig {
	readonly config: ConfigFile
	/** What is allowed but probably not meant, one line each. */
	readonly warnings: readonly string[]
	/** Fields at the top of the file that nothing outside it overrides. */
	readonly fileFields: ReadonlySet<string>
	/** What was read, for comparison with what is read later. */
	readonly reading: Reading
}

/** A file as it was read. It holds secrets: not for logs. */
export interface Reading {
	readonly text: string
	/** With variables and secrets filled in, before anything is completed. */
	readonly values: Readonly<Record<string, unknown>>
	/** Absolute paths of the files that secrets were read from. */
	readonly secretFiles: readonly string[]
	/** A complaint with its place, as `file:line: field: message`. */
	readonly locate: (complaint: Complaint) => string
}

/** @throws ConfigError */
export async function loadConfig(source: ConfigSource): Promise<LoadedConfig> {
	const { text, document } = await readDocument(source)
	const complaints = new Complaints(document, source.overrides)
	const values = withoutExtensions(document.value)
	if (source.file !== undefined) {
		complaints.throwIfAny(checkMapping(document.value))
		complaints.add(checkModels(values))
	}
	const folder = resolve(source.file === undefined ? '.' : dirname(source.file))
	const filled = await fillIn(values, { schema: configSchema, environment: source.environment, folder })
	complaints.add(filled.complaints)
	complaints.secretFiles = filled.secretFiles
	const given = await readOverrides(source.overrides, complaints)
	const fromFile = record(filled.value)
	const usesBuiltIn = source.file === undefined || fromFile.models === embeddedWord
	if (usesBuiltIn && Object.hasOwn(record(fromFile.upstreams), builtInUpstream))
		complaints.add([{ path: ['upstreams', builtInUpstream], message: takenName }])
	if (typeof fromFile.models === 'string' && !usesBuiltIn)
		complaints.add([{ path: ['models'], message: explainModelsText(fromFile.models) }])
	const whole = { ...(usesBuiltIn ? withEmbeddedModel(fromFile) : fromFile), ...given }
	complaints.add(checkReferences(whole).map((one) => withoutValue(one, whole, filled.fromVariables)))
	const config = parse(whole, filled.fromVariables, complaints)
	const warnings = findWarnings(config).map((warning) => complaints.locate(warning))
	return {
		config: usesBuiltIn ? markBuiltIn(config) : config,
		warnings: [...warnings, ...unknownVariables(source.environment)],
		fileFields: new Set(Object.keys(fromFile).filter((name) => !Object.hasOwn(given, name))),
		reading: {
			text,
			values: fromFile,
			secretFiles: filled.secretFiles,
			locate: (complaint) => complaints.locate(complaint),
		},
	}
}

async function readDocument({
	file,
	fileOrigin,
}: ConfigSource): Promise<{ readonly text: string; readonly document: Document }> {
	if (file === undefined)
		return { text: '', document: { name: 'configuration', value: {}, offset: () => 0, line: () => undefined } }
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
		throw new ConfigError(`${origin}: ${explainReadFailure(file, cause)}`, { cause })
	}
}

function decode(file: string, bytes: Uint8Array): string {
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
	} catch (cause) {
		throw new ConfigError(`${file}: the file is not text in UTF-8: save it as UTF-8`, { cause })
	}
}

const modelsRemedy = `name at least one model, or write "models: ${embeddedWord}" for the built-in embedded model`

function checkMapping(value: unknown): readonly Complaint[] {
	if (value === undefined) return [{ path: [], message: `the file is empty: ${modelsRemedy}` }]
	return isRecord(value)
		? []
		: [{ path: [], message: `must hold a mapping of fields, such as "models: …", not ${kindOf(value)}` }]
}

function checkModels(values: Readonly<Record<string, unknown>>): readonly Complaint[] {
	const { models } = values
	const none = models === undefined || models === null || (isRecord(models) && Object.keys(models).length === 0)
	return none && !Object.keys(values).some(meansModels)
		? [{ path: ['models'], message: `there are no models: ${modelsRemedy}` }]
		: []
}

/** The field will be called unknown, which says more than that there are no models. */
function meansModels(name: string): boolean {
	return name !== 'models' && (nearest(name, ['models']) !== undefined || foreignField(name)?.targets.length === 0)
}

function explainModelsText(text: string): string {
	const meant = nearest(text, [embeddedWord]) === undefined ? '' : ` (did you mean "${embeddedWord}"?)`
	return `${shown(text)} is neither a mapping of models nor the word "${embeddedWord}"${meant}`
}

/** Fields at the top that begin with `x-` hold what anchors share. */
function withoutExtensions(value: unknown): Readonly<Record<string, unknown>> {
	return Object.fromEntries(Object.entries(record(value)).filter(([name]) => !extension.test(name)))
}

async function readOverrides(
	overrides: ConfigSource['overrides'],
	complaints: Complaints,
): Promise<Readonly<Record<string, string>>> {
	const given: Record<string, string> = {}
	for (const [name, { value }] of Object.entries(overrides)) {
		if (fieldAt(configSchema, [name], {})?.secret !== true) {
			given[name] = value.trim()
			continue
		}
		const { text, complaint } = await readGivenSecret(value)
		given[name] = text
		if (complaint !== undefined) complaints.add([{ path: [name], message: complaint }])
	}
	return given
}

/** @throws ConfigError */
function parse(
	whole: Readonly<Record<string, unknown>>,
	fromVariables: ReadonlyMap<string, string>,
	complaints: Complaints,
): ConfigFile {
	const first = safeParse(whole)
	const [value, parsed] = first.success ? [whole, first] : parseAgain(whole, first.error.issues, fromVariables)
	if (!parsed.success)
		throw complaints.error(
			explainIssues(configSchema, value, parsed.error.issues).map((one) => withoutValue(one, whole, fromVariables)),
		)
	complaints.throwIfAny([])
	return parsed.data
}

/** A variable may hold a secret, whatever the field: the message names the variable instead of its value. */
function withoutValue(
	{ path, message }: Complaint,
	whole: unknown,
	fromVariables: ReadonlyMap<string, string>,
): Complaint {
	const written = fromVariables.get(JSON.stringify(path.map(String)))
	const value = path.reduce<unknown>((inner, step) => Reflect.get(Object(inner), step), whole)
	if (written === undefined || typeof value !== 'string') return { path, message }
	const forms = [JSON.stringify(value), shown(value), JSON.stringify(withoutCredentials(value))]
	return {
		path,
		message: forms.reduce(
			(text, form) => text.replaceAll(form, () => `the value of ${JSON.stringify(written)}`),
			message,
		),
	}
}

function safeParse(value: unknown) {
	return configSchema.safeParse(value, { error: () => noSentence })
}

/** A variable's value is text: it counts as a number, or as true or false, if one of these is needed. */
function parseAgain(
	whole: Readonly<Record<string, unknown>>,
	issues: readonly z.core.$ZodIssue[],
	fromVariables: ReadonlyMap<string, string>,
): readonly [unknown, ReturnType<typeof safeParse>] {
	let value: unknown = whole
	for (const { path, expected } of wrongTypes(issues, []))
		if (fromVariables.has(JSON.stringify(path.map(String)))) value = retyped(value, path, expected)
	return [value, safeParse(value)]
}

interface WrongType {
	readonly path: readonly PropertyKey[]
	readonly expected: string
}

/** Also those within the alternatives of a union. */
function wrongTypes(issues: readonly z.core.$ZodIssue[], above: readonly PropertyKey[]): readonly WrongType[] {
	return issues.flatMap((issue) => {
		const path = [...above, ...issue.path]
		if (issue.code === 'invalid_union') return issue.errors.flatMap((errors) => wrongTypes(errors, path))
		return issue.code === 'invalid_type' ? [{ path, expected: issue.expected }] : []
	})
}

/** `value` with the text at `path` as what is expected there, if it can be read as such. */
function retyped(value: unknown, path: readonly PropertyKey[], expected: string): unknown {
	const [step, ...rest] = path
	if (step === undefined) {
		if (typeof value !== 'string') return value
		if (expected === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
		if (expected !== 'number' && expected !== 'int') return value
		return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
	}
	if (Array.isArray(value))
		return value.map((inner, index) => (index === step ? retyped(inner, rest, expected) : inner))
	return isRecord(value) ? { ...value, [step]: retyped(value[String(step)], rest, expected) } : value
}

const [builtInUpstream = ''] = Object.keys(embeddedByDefault.upstreams)

const takenName = `the built-in embedded model has this name: give your upstream another one`

/** The built-in default: the embedded model. */
function withEmbeddedModel(file: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
	return {
		...file,
		models: embeddedByDefault.models,
		upstreams: { ...record(file.upstreams), ...embeddedByDefault.upstreams },
	}
}

function markBuiltIn(config: ConfigFile): ConfigFile {
	const upstreams = Object.entries(config.upstreams).map(([name, upstream]): [string, UpstreamConfig] => [
		name,
		Object.hasOwn(embeddedByDefault.upstreams, name) ? { ...upstream, builtIn: true } : upstream,
	])
	return { ...config, upstreams: Object.fromEntries(upstreams) }
}

/** Collects what is wrong, and writes each with its place. */
class Complaints {
	private readonly document: Document
	private readonly overrides: ConfigSource['overrides']
	secretFiles: readonly string[] = []
	private readonly found: Complaint[] = []

	constructor(document: Document, overrides: ConfigSource['overrides']) {
		this.document = document
		this.overrides = overrides
	}

	add(more: readonly Complaint[]): void {
		this.found.push(...more)
	}

	/** @throws ConfigError */
	throwIfAny(more: readonly Complaint[]): void {
		if (this.found.length + more.length > 0) throw this.error(more)
	}

	/** Of a field that could not be filled in, that complaint alone is of use. */
	error(more: readonly Complaint[]): ConfigError {
		const filled = new Set(this.found.map(({ path }) => writePath(path)))
		const all = [...this.found, ...more.filter(({ path }) => !filled.has(writePath(path)))].toSorted(
			(one, other) => this.document.offset(one.path) - this.document.offset(other.path),
		)
		return new ConfigError([...new Set(all.map((complaint) => this.locate(complaint)))].join('\n'), {
			secretFiles: this.secretFiles,
		})
	}

	locate({ path, message }: Complaint): string {
		const [top] = path
		const origin = top === undefined ? undefined : this.overrides[String(top)]?.origin
		if (origin !== undefined)
			return /^(is|must|cannot|names) /.test(message) ? `${origin} ${message}` : `${origin}: ${message}`
		const field = writePath(path)
		return `${this.place(path)}: ${field === '' ? '' : `${field}: `}${message}`
	}

	private place(path: readonly PropertyKey[]): string {
		const line = this.document.line(path)
		return `${this.document.name}${line === undefined ? '' : `:${line}`}`
	}
}

function record(value: unknown): Readonly<Record<string, unknown>> {
	return isRecord(value) ? value : {}
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
}
