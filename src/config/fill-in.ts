// The values of a file with the environment's variables in place, and with the content of the files that secrets name.

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { z } from 'zod'
import type { Complaint } from './complaint.ts'
import type { Environment } from './environment.ts'
import { fieldAt } from './field.ts'
import { expand } from './variables.ts'

export interface Filled {
	readonly value: unknown
	readonly complaints: readonly Complaint[]
	/** Fields whose text came from a variable, in whole or in part: the text as it is written, by JSON of the path. */
	readonly fromVariables: ReadonlyMap<string, string>
	/** Absolute paths of the files that secrets were read from, also of those that cannot be read. */
	readonly secretFiles: readonly string[]
}

export interface FillingSurroundings {
	readonly schema: z.ZodType
	readonly environment: Environment
	/** Absolute; where relative paths of the file begin. */
	readonly folder: string
}

export async function fillIn(value: unknown, surroundings: FillingSurroundings): Promise<Filled> {
	const filling = new Filling(value, surroundings)
	return {
		value: await filling.fill(value, []),
		complaints: filling.complaints,
		fromVariables: filling.fromVariables,
		secretFiles: filling.secretFiles,
	}
}

/** A secret that the environment gives, trimmed, or read from the file that it names. A relative path begins in the working directory. */
export async function readGivenSecret(
	text: string,
): Promise<{ readonly text: string; readonly file?: string; readonly complaint?: string }> {
	const trimmed = text.trim()
	if (!trimmed.startsWith(filePrefix)) return { text: trimmed }
	const file = resolve(trimmed.slice(filePrefix.length))
	return { file, ...(await readSecret(file)) }
}

const filePrefix = 'file:'

class Filling {
	readonly complaints: Complaint[] = []
	readonly fromVariables = new Map<string, string>()
	readonly secretFiles: string[] = []
	private readonly whole: unknown
	private readonly surroundings: FillingSurroundings

	constructor(whole: unknown, surroundings: FillingSurroundings) {
		this.whole = whole
		this.surroundings = surroundings
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
		const { schema, environment, folder } = this.surroundings
		const { text, usesVariable, complaint } = expand(given, environment)
		if (complaint !== undefined) return this.complain(path, complaint)
		if (usesVariable) this.fromVariables.set(JSON.stringify(path), given)
		if (fieldAt(schema, path, this.whole)?.secret !== true) return text
		const secret = text.trim()
		const misspelt = explainMisspelt(given.trim())
		if (misspelt !== undefined) return this.complain(path, misspelt)
		if (!secret.startsWith(filePrefix)) return secret
		// A path that is written in the file begins at the file; one from a variable, in the working directory.
		const file = resolve(given.trim().startsWith(filePrefix) ? folder : '.', secret.slice(filePrefix.length))
		this.secretFiles.push(file)
		const read = await readSecret(file)
		return read.complaint === undefined ? read.text : this.complain(path, read.complaint)
	}

	private complain(path: readonly string[], message: string): string {
		this.complaints.push({ path, message })
		return ''
	}
}

/** A variable in the form of a shell or of another gateway would be sent as the secret itself. */
function explainMisspelt(text: string): string | undefined {
	const [, name] = /^\$([A-Za-z_]\w*)$|^%([A-Za-z_]\w*)%$/.exec(text) ?? []
	const [, other] = /^(?:os\.environ\/|\{?env[.:])([A-Za-z_]\w*)\}?$/.exec(text) ?? []
	const variable = name ?? other
	if (variable !== undefined) return `${text} is not a variable: write \${${variable}}`
	return undefined
}

async function readSecret(file: string): Promise<{ readonly text: string; readonly complaint?: string }> {
	try {
		const text = (await readFile(file, 'utf8')).trim()
		return text === '' ? { text, complaint: `the file ${file} is empty: it should hold the secret` } : { text }
	} catch (thrown) {
		return { text: '', complaint: explainReadFailure(file, thrown) }
	}
}

/** Why a file cannot be read, in words. */
export function explainReadFailure(file: string, thrown: unknown): string {
	const code: unknown = Reflect.get(Object(thrown), 'code')
	switch (code) {
		case 'ENOENT':
		case 'ENOTDIR':
			return `the file ${file} does not exist`
		case 'EISDIR':
			return `${file} is a folder, not a file`
		case 'EACCES':
		case 'EPERM':
			return `the file ${file} may not be read by this user: check its owner and mode`
		default:
			return `the file ${file} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`
	}
}
