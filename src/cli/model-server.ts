// Finds model servers that are running, by what they respond: Ollama, vLLM, llama.cpp's server, LM Studio, or another
// server with OpenAI's list of models. It does not know what they are used for.

import { isObject } from '../chat/json.ts'
import type { Preset } from '../engines/openai-compatible/presets.ts'

export interface ModelServer {
	/** A short name, such as `ollama`. */
	readonly name: string
	readonly title: string
	/** Base URL of its API, which ends in `/v1`. */
	readonly url: string
	readonly preset: Preset | undefined
	readonly models: readonly string[]
}

/** The addresses that these servers listen on unless configured otherwise. */
export const usualServers = {
	ollama: 'http://127.0.0.1:11434',
	vllm: 'http://127.0.0.1:8000',
	'llama-server': 'http://127.0.0.1:8080',
	'lm-studio': 'http://127.0.0.1:1234',
} as const

/** Timeout for each response, in milliseconds. */
const timeoutMs = 1500

/** Asks all addresses concurrently. @param urls without a path. */
export async function findModelServers(urls: readonly string[]): Promise<readonly ModelServer[]> {
	const found = await Promise.all([...new Set(urls)].map(identify))
	return found.filter((server) => server !== undefined)
}

/** Why `findModelServers` does not find one at this address, in one sentence. @param url without a path. */
export async function explainAbsence(url: string): Promise<string> {
	const [version, list] = await Promise.all([readJson(`${url}/version`), request(`${url}/v1/models`)])
	if (isDragoman(version)) return `The server at ${url} is a Dragoman, not a model server.`
	if (list === undefined) return `No model server responds at ${url}.`
	if (list.status === 401 || list.status === 403)
		return `The server at ${url} needs a key (status ${list.status}): write it into the configuration by hand, with \`key\`.`
	return `The server at ${url} has no list of models at /v1/models (status ${list.status}).`
}

async function identify(url: string): Promise<ModelServer | undefined> {
	const list = await readJson(`${url}/v1/models`)
	// Some servers have an empty list of models in the form `{ "data": null }`.
	if (!isObject(list) || !('data' in list)) return undefined
	const entries = (Array.isArray(list.data) ? list.data : []).filter(isObject)
	const models = entries.flatMap(({ id }) => (typeof id === 'string' && id !== '' ? [id] : []))
	const kind = await kindOf(
		url,
		entries.map(({ owned_by: owner }) => owner),
	)
	return kind === undefined ? undefined : { ...kind, url: `${url}/v1`, models }
}

type ServerKind = Pick<ModelServer, 'name' | 'title' | 'preset'>

async function kindOf(url: string, owners: readonly unknown[]): Promise<ServerKind | undefined> {
	const version = await readJson(`${url}/version`)
	if (isDragoman(version)) return undefined
	if (owners.includes('vllm')) return { name: 'vllm', title: 'vLLM', preset: 'vllm' }
	if (owners.includes('llamacpp')) return { name: 'llama-server', title: 'llama.cpp server', preset: 'llama.cpp' }
	if (isObject(await readJson(`${url}/api/version`))) return { name: 'ollama', title: 'Ollama', preset: 'ollama' }
	const studio = await readJson(`${url}/api/v0/models`)
	if (isObject(studio) && Array.isArray(studio.data))
		return { name: 'lm-studio', title: 'LM Studio', preset: undefined }
	return { name: 'server', title: 'A server with the API of OpenAI', preset: undefined }
}

function isDragoman(version: unknown): boolean {
	return isObject(version) && version.name === 'dragoman'
}

async function readJson(url: string): Promise<unknown> {
	const response = await request(url)
	return response?.ok === true ? response.json().catch(() => undefined) : undefined
}

/** Undefined if nothing responds. */
async function request(url: string): Promise<Response | undefined> {
	try {
		// A proxy in the environment does not reach this machine's own servers. Bun's types lack the value `false`.
		return await fetch(url, Object.assign({ signal: AbortSignal.timeout(timeoutMs) }, { proxy: false }))
	} catch {
		return undefined
	}
}
