// Resolves the `model` of an upstream: a file, installed weights, or weights that can be fetched. It reads the disk
// only, and reports what is wrong and what to do in one sentence. The sentence is for the operator: it contains paths.

import { readdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { nearest } from '../../system/nearest.ts'
import { isSourceUri } from '../../weights/sources/source.ts'
import type { Weights } from '../../weights/weights.ts'
import { ggufFault, readGgufHead } from './gguf-head.ts'
import { OperatorError } from './operator-error.ts'

export type ModelChoice =
	/** @param name short, without a folder: the process reports it to clients. */
	| { readonly type: 'here'; readonly path: string; readonly name: string }
	/** @param pull the argument of `Weights.pull`. */
	| { readonly type: 'fetchable'; readonly pull: string }
	| { readonly type: 'missing'; readonly error: OperatorError }

export interface ModelChoiceOptions {
	readonly weights: Weights
	/** Absolute; shown in error messages. */
	readonly modelFolder: string
	/** Absolute; base of relative paths. */
	readonly folder: string
	/** Whether downloads are allowed. */
	readonly download: boolean
}

/** Never rejects. @param model an id, a path, or a source URI of weights. */
export async function chooseModel(model: string, options: ModelChoiceOptions): Promise<ModelChoice> {
	try {
		if (isSourceUri(model)) return await bySource(model, options)
		return await (isPath(model) ? byPath(model, options) : byId(model, options))
	} catch (thrown) {
		return missing(lowerFirst(thrown instanceof Error ? thrown.message : String(thrown)))
	}
}

/** Ids contain no slashes and do not end in `.gguf`. */
function isPath(model: string): boolean {
	return /[/\\]/.test(model) || model.startsWith('~') || /\.gguf$/i.test(model)
}

async function byPath(model: string, { folder }: ModelChoiceOptions): Promise<ModelChoice> {
	if (model.startsWith('~')) return missing(`"~" is not expanded in "${model}": write the whole path`)
	const path = resolve(folder, model)
	const head = await readGgufHead(path).catch((cause: unknown) => {
		return cause instanceof Error ? cause : new Error(String(cause))
	})
	if (head instanceof Error) return missing(`${path} cannot be read: ${head.message}`)
	if (head === 'good') return { type: 'here', path, name: basename(path).replace(/\.gguf$/i, '') }
	if (head !== 'missing') return missing(lowerFirst((ggufFault(head, path) ?? '').replace(/\.$/, '')))
	return missing(`file not found: ${path}`, await suggestFile(path))
}

async function suggestFile(path: string): Promise<string> {
	const folder = dirname(path)
	const files = (await readdir(folder).catch(() => [])).filter((name) => /\.gguf$/i.test(name)).sort()
	const stem = (name: string) => name.replace(/\.gguf$/i, '')
	const meant = nearest(stem(basename(path)), files.map(stem))
	const file = files.find((name) => stem(name) === meant)
	if (file !== undefined) return `did you mean ${join(folder, file)}?`
	if (files.length === 0) return ''
	return `the GGUF files in its folder: ${files.slice(0, mostListed).join(', ')}${files.length > mostListed ? ', …' : ''}`
}

const mostListed = 10

async function byId(model: string, { weights, modelFolder, download }: ModelChoiceOptions): Promise<ModelChoice> {
	const found = await weights.find(model)
	if (found !== undefined) return { type: 'here', path: found.path, name: model }
	const pull = await weights.pullable(model)
	if (pull === undefined) return unknown(model, weights)
	return download ? { type: 'fetchable', pull } : notHere(model, modelFolder)
}

async function bySource(model: string, { weights, modelFolder, download }: ModelChoiceOptions): Promise<ModelChoice> {
	const found = await weights.here(model)
	if (found !== undefined) return { type: 'here', path: found.path, name: found.id }
	return download ? { type: 'fetchable', pull: model } : notHere(model, modelFolder)
}

async function unknown(model: string, weights: Weights): Promise<ModelChoice> {
	const ids = await weights.ids()
	const meant = nearest(model, ids)
	const suggestion = meant === undefined ? '' : ` (did you mean "${meant}"?)`
	return missing(
		`unknown model "${model}"${suggestion}`,
		`known models: ${ids.join(', ')}; to use a GGUF file, give its path, such as ./model.gguf`,
	)
}

function notHere(model: string, modelFolder: string): ModelChoice {
	return missing(
		`the weights of "${model}" are not in ${modelFolder}`,
		`fetch them with: npx --no-install dragoman models pull ${model} --folder ${modelFolder}`,
	)
}

function missing(reason: string, hint?: string): ModelChoice {
	return { type: 'missing', error: new OperatorError(reason, hint) }
}

function lowerFirst(text: string): string {
	return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}
