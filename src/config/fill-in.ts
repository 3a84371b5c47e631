// Replaces environment variables in the values of a file, and reads the files that secrets refer to.

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { z } from 'zod'
import { describeReadFailure } from '../system/system-error.ts'
import type { ConfigProblem } from './config-problem.ts'
import type { Environment } from './environment.ts'
import { fieldAt } from './field.ts'
import { expand } from './variables.ts'

export interface Filled {
	readonly value: unknown
	readonly problems: readonly ConfigProblem[]
	/** The text as written in the file of fields that contain a variable, by JSON of the path. */
	readonly fromVariables: ReadonlyMap<string, string>
	/** Absolute paths of the files of the secrets, including those that cannot be read. */
	readonly secretFiles: readonly string[]
}

export interface FillingContext {
	readonly schema: z.ZodType
	readonly environment: Environment
	/** The folder against which relative paths of the file are resolved. Absolute. */
	readonly folder: string
}

export async function fillIn(value: unknown, context: FillingContext): Promise<Filled> {
	const filling = new Filling(value, context)
	return {
		value: await filling.fill(value, []),
		problems: filling.problems,
		fromVariables: filling.fromVariables,
		secretFiles: filling.secretFiles,
	}
}

/**
 * A secret from the environment, trimmed, or read from the file that it refers to. A relative path is resolved against
 * the working directory.
 */
export async function readGivenSecret(
	text: string,
): Promise<{ readonly text: string; readonly file?: string; readonly problem?: string }> {
	const trimmed = text.trim()
	if (!trimmed.startsWith(filePrefix)) return { text: trimmed }
	const file = resolve(trimmed.slice(filePrefix.length))
	return { file, ...(await readSecret(file)) }
}

const filePrefix = 'file:'

class Filling {
	readonly problems: ConfigProblem[] = []
	readonly fromVariables = new Map<string, string>()
	readonly secretFiles: string[] = []
	private readonly document: unknown
	private readonly context: FillingContext

	constructor(document: unknown, context: FillingContext) {
		this.document = document
		this.context = context
	}

	async fill(value: unknown, path: readonly string[]): Promise<unknown> {
		if (typeof value === 'string') return this.fillText(value, path)
		if (Array.isArray(value))
			return Promise.all(value.map((element, index) => this.fill(element, [...path, String(index)])))
		if (typeof value !== 'object' || value === null) return value
		const entries = await Promise.all(
			Object.entries(value).map(async ([name, inner]) => [name, await this.fill(inner, [...path, name])] as const),
		)
		return Object.fromEntries(entries)
	}

	private async fillText(given: string, path: readonly string[]): Promise<string> {
		const { schema, environment, folder } = this.context
		const { text, usesVariable, problem } = expand(given, environment)
		if (problem !== undefined) return this.report(path, problem)
		if (usesVariable) this.fromVariables.set(JSON.stringify(path), given)
		if (fieldAt(schema, path, this.document)?.secret !== true) return text
		const secret = text.trim()
		const misspelt = explainMisspelt(given.trim())
		if (misspelt !== undefined) return this.report(path, misspelt)
		if (!secret.startsWith(filePrefix)) return secret
		// A path written in the file is relative to the file; one from a variable, to the working directory.
		const file = resolve(given.trim().startsWith(filePrefix) ? folder : '.', secret.slice(filePrefix.length))
		this.secretFiles.push(file)
		const read = await readSecret(file)
		return read.problem === undefined ? read.text : this.report(path, read.problem)
	}

	private report(path: readonly string[], message: string): string {
		this.problems.push({ path, message })
		return ''
	}
}

/** Detects a variable in the syntax of a shell or of another gateway, which would otherwise be sent as the secret. */
function explainMisspelt(text: string): string | undefined {
	const [, name] = /^\$([A-Za-z_]\w*)$|^%([A-Za-z_]\w*)%$/.exec(text) ?? []
	const [, other] = /^(?:os\.environ\/|\{?env[.:])([A-Za-z_]\w*)\}?$/.exec(text) ?? []
	const variable = name ?? other
	if (variable !== undefined) return `${text} is not a variable: write \${${variable}}`
	return undefined
}

async function readSecret(file: string): Promise<{ readonly text: string; readonly problem?: string }> {
	try {
		const text = (await readFile(file, 'utf8')).trim()
		return text === '' ? { text, problem: `the file ${file} is empty: it must contain the secret` } : { text }
	} catch (thrown) {
		return { text: '', problem: describeReadFailure(file, thrown) }
	}
}
