// Finds model servers that are running, by what they respond: Ollama, vLLM, llama.cpp's server, LM Studio, or another
// server with OpenAI's list of models. It does not know what they are used for.

import { isObject } from '../chat/json.ts'
import type { Preset } from '../engines/openai-compatible/presets.ts'
import type { ProxyVariables } from '../http/proxy-environment.ts'
import { commandProxy } from './command-proxy.ts'

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

/** Requests a URL. Undefined if nothing responds. @throws CliError if a proxy variable cannot be used. */
export type Probe = (url: string) => Promise<Response | undefined>

/** @param environment has the proxy variables, which are read as for upstreams. */
export function openProbe(environment: ProxyVariables): Probe {
	return async (url) => {
		// Bun's types lack the value `false`.
		const options = Object.assign({ signal: AbortSignal.timeout(timeoutMs) }, { proxy: commandProxy(url, environment) })
		return fetch(url, options).catch(() => undefined)
	}
}

/** Asks all addresses concurrently. @param urls without a path. */
export async function findModelServers(
	urls: readonly string[],
	probe: Probe = openProbe({}),
): Promise<readonly ModelServer[]> {
	const found = await Promise.all([...new Set(urls)].map((url) => identify(url, probe)))
	return found.filter((server) => server !== undefined)
}

/** Why `findModelServers` does not find one at this address, in one sentence. @param url without a path. */
export async function explainAbsence(url: string, probe: Probe = openProbe({})): Promise<string> {
	const [version, list] = await Promise.all([readJson(`${url}/version`, probe), probe(`${url}/v1/models`)])
	if (isDragoman(version)) return `The server at ${url} is a Dragoman, not a model server.`
	if (list === undefined) return `No model server responds at ${url}.`
	if (list.status === 401 || list.status === 403)
		return `The server at ${url} needs a key (status ${list.status}): write it into the configuration by hand, with \`key\`.`
	return `The server at ${url} has no list of models at /v1/models (status ${list.status}).`
}

async function identify(url: string, probe: Probe): Promise<ModelServer | undefined> {
	const list = await readJson(`${url}/v1/models`, probe)
	// Some servers have an empty list of models in the form `{ "data": null }`.
	if (!isObject(list) || !('data' in list)) return undefined
	const entries = (Array.isArray(list.data) ? list.data : []).filter(isObject)
	const models = entries.flatMap(({ id }) => (typeof id === 'string' && id !== '' ? [id] : []))
	const kind = await kindOf(
		url,
		entries.map(({ owned_by: owner }) => owner),
		probe,
	)
	return kind === undefined ? undefined : { ...kind, url: `${url}/v1`, models }
}

type ServerKind = Pick<ModelServer, 'name' | 'title' | 'preset'>

async function kindOf(url: string, owners: readonly unknown[], probe: Probe): Promise<ServerKind | undefined> {
	const version = await readJson(`${url}/version`, probe)
	if (isDragoman(version)) return undefined
	if (owners.includes('vllm')) return { name: 'vllm', title: 'vLLM', preset: 'vllm' }
	if (owners.includes('llamacpp')) return { name: 'llama-server', title: 'llama.cpp server', preset: 'llama.cpp' }
	if (isObject(await readJson(`${url}/api/version`, probe)))
		return { name: 'ollama', title: 'Ollama', preset: 'ollama' }
	const studio = await readJson(`${url}/api/v0/models`, probe)
	if (isObject(studio) && Array.isArray(studio.data))
		return { name: 'lm-studio', title: 'LM Studio', preset: undefined }
	return { name: 'server', title: 'A server with the API of OpenAI', preset: undefined }
}

function isDragoman(version: unknown): boolean {
	return isObject(version) && version.name === 'dragoman'
}

async function readJson(url: string, probe: Probe): Promise<unknown> {
	const response = await probe(url)
	return response?.ok === true ? response.json().catch(() => undefined) : undefined
}
