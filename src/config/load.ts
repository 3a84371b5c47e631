// A configuration file read, checked and completed. What is wrong is said with file, line and field; secrets come from the
// environment or from files of their own.

import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { isNode, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { embeddedByDefault } from '../engines/list.ts'
import { type ConfigFile, configSchema, type UpstreamConfig } from './schema.ts'

/** Wrong in a way that the operator can mend. Its message has a line for each complaint: `file:line: field: complaint`. */
export class ConfigError extends Error {
	override readonly name = 'ConfigError'
}

export interface ConfigSource {
	/** YAML file, if any. */
	readonly file?: string
	/** Values that win over the file's: from the command line and the environment. */
	readonly overrides: Readonly<Record<string, unknown>>
	/** For `${NAME}` in the file. */
	readonly environment: Readonly<Record<string, string | undefined>>
}

/** @throws ConfigError */
export async function loadConfig(source: ConfigSource): Promise<ConfigFile> {
	const document = source.file === undefined ? emptyDocument : await readDocument(source.file)
	const filled = await fillIn(document.value, source, [])
	const given = { ...(isRecord(filled) ? filled : {}), ...definedOnly(source.overrides) }
	const usesBuiltIn = namesNoModel(given)
	const parsed = configSchema.safeParse(usesBuiltIn ? withEmbeddedModel(given) : given)
	const complaints: Complaint[] = isRecord(filled) ? [] : [{ path: [], message: 'expected a mapping' }]
	if (!parsed.success) complaints.push(...parsed.error.issues.flatMap((issue) => flatten(issue, [])))
	else complaints.push(...danglingRoutes(parsed.data))
	if (complaints.length > 0 || !parsed.success)
		throw new ConfigError(complaints.map((complaint) => locate(complaint, document)).join('\n'))
	return usesBuiltIn ? markBuiltIn(parsed.data) : parsed.data
}

function namesNoModel({ models }: Readonly<Record<string, unknown>>): boolean {
	return models === undefined || (isRecord(models) && Object.keys(models).length === 0)
}

/** The built-in default: the embedded model. */
function withEmbeddedModel(file: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
	const { upstreams } = file
	return {
		...file,
		models: embeddedByDefault.models,
		upstreams: { ...(isRecord(upstreams) ? upstreams : {}), ...embeddedByDefault.upstreams },
	}
}

function markBuiltIn(config: ConfigFile): ConfigFile {
	const upstreams = Object.entries(config.upstreams).map(([name, upstream]): [string, UpstreamConfig] => [
		name,
		Object.hasOwn(embeddedByDefault.upstreams, name) ? { ...upstream, builtIn: true } : upstream,
	])
	return { ...config, upstreams: Object.fromEntries(upstreams) }
}

interface Document {
	readonly name: string
	readonly value: unknown
	/** The line, counted from 1, where the value at a path stands. */
	line(path: readonly PropertyKey[]): number | undefined
}

const emptyDocument: Document = { name: 'configuration', value: {}, line: () => undefined }

async function readDocument(file: string): Promise<Document> {
	let text: string
	try {
		text = await readFile(file, 'utf8')
	} catch (cause) {
		throw new ConfigError(`${file}: cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
			cause,
		})
	}
	const lines = new LineCounter()
	const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
	const [broken] = document.errors
	if (broken !== undefined)
		throw new ConfigError(`${file}:${lines.linePos(broken.pos[0]).line}: not valid YAML: ${broken.message}`)
	return {
		name: file,
		value: document.toJS({ maxAliasCount: 100 }) ?? {},
		line(path) {
			for (let length = path.length; length > 0; length--) {
				const node = document.getIn(path.slice(0, length), true)
				if (isNode(node) && node.range != null) return lines.linePos(node.range[0]).line
			}
			return undefined
		},
	}
}

interface Complaint {
	readonly path: readonly PropertyKey[]
	readonly message: string
}

function flatten(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): readonly Complaint[] {
	const path = [...above, ...issue.path]
	if (issue.code === 'unrecognized_keys')
		return issue.keys.map((key) => ({ path: [...path, key], message: 'unknown field' }))
	if (issue.code === 'invalid_union' && issue.errors.length > 0)
		return issue.errors.flatMap((alternative) => alternative.flatMap((one) => flatten(one, path)))
	return [{ path, message: issue.message }]
}

function danglingRoutes(config: ConfigFile): readonly Complaint[] {
	const complaints: Complaint[] = []
	const owners = new Map<string, string>()
	for (const [name, model] of Object.entries(config.models)) {
		for (const [index, entry] of model.route.entries()) {
			const upstream = typeof entry === 'string' ? entry : entry.upstream
			if (!Object.hasOwn(config.upstreams, upstream))
				complaints.push({ path: ['models', name, 'route', index], message: `there is no upstream '${upstream}'` })
		}
		for (const called of [name, ...model.aliases]) {
			const owner = owners.get(called)
			if (owner !== undefined)
				complaints.push({ path: ['models', name], message: `'${called}' is a name of model '${owner}' already` })
			owners.set(called, name)
		}
	}
	return complaints
}

function locate({ path, message }: Complaint, document: Document): string {
	const line = document.line(path)
	const field = path.map(String).join('.')
	return `${document.name}${line === undefined ? '' : `:${line}`}: ${field === '' ? '' : `${field}: `}${message}`
}

/** Puts the environment's values in place of `${NAME}`, and a file's content in place of `file:PATH` under a secret's name. */
async function fillIn(value: unknown, source: ConfigSource, path: readonly string[]): Promise<unknown> {
	if (typeof value === 'string') return fillText(value, source, path)
	if (Array.isArray(value))
		return Promise.all(value.map((element, index) => fillIn(element, source, [...path, String(index)])))
	if (!isRecord(value)) return value
	const entries = await Promise.all(
		Object.entries(value).map(async ([name, inner]) => [name, await fillIn(inner, source, [...path, name])]),
	)
	return Object.fromEntries(entries)
}

const secretFields: ReadonlySet<string> = new Set(['key', 'adminKey', 'ca', 'cert'])

async function fillText(text: string, source: ConfigSource, path: readonly string[]): Promise<string> {
	const field = path.join('.')
	const filled = text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
		const found = source.environment[name]
		if (found === undefined)
			throw new ConfigError(`${source.file ?? 'configuration'}: ${field}: the environment has no ${name}`)
		return found
	})
	if (!secretFields.has(path.at(-1) ?? '') || !filled.startsWith('file:')) return filled
	const file = resolve(dirname(source.file ?? '.'), filled.slice('file:'.length))
	try {
		return (await readFile(file, 'utf8')).trim()
	} catch (cause) {
		throw new ConfigError(`${source.file ?? 'configuration'}: ${field}: ${file} cannot be read`, { cause })
	}
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function definedOnly(overrides: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
	return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined))
}
