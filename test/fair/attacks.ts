// What a hostile caller does, one entry for each attack. An attack makes one round of requests and resolves when it is over; errors of its
// requests do not matter. It has one key and the URL of the server.

import { connect } from 'node:net'

export interface AttackTarget {
	readonly url: string
	readonly key: string
	/** Aborted when the attack shall stop. */
	readonly signal: AbortSignal
}

export type Attack = (target: AttackTarget) => Promise<void>

/** How long connections and streams hang in a round, in milliseconds. */
const hangMs = 1500

export const attacks = {
	'element flood': (target) =>
		post(target, '/v1/chat/completions', `{"model":"echo","messages":[${'0,'.repeat(400_000)}0]}`),
	'map flood': (target) => {
		const bias = Array.from({ length: 100_000 }, (_, id) => `"${id}":1`).join()
		return post(target, '/v1/chat/completions', `{"model":"echo","messages":[],"logit_bias":{${bias}}}`)
	},
	'item flood': (target) => {
		const item = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'a', annotations: [] }] }
		return post(target, '/v1/responses', { model: 'echo', input: Array.from({ length: 20_000 }, () => item) })
	},
	'form flood': (target) =>
		post(target, '/v1/audio/transcriptions', 'a=b&'.repeat(20_000), 'application/x-www-form-urlencoded'),
	'deep body': (target) => post(target, '/v1/chat/completions', '['.repeat(2_000_000)),
	'big body': (target) => post(target, '/v1/chat/completions', chat('echo', 'word '.repeat(1_600_000))),
	'slow bodies': (target) => holdSockets(target, 10, 'POST', 'content-length: 100000\r\n', '{'),
	'idle connections': (target) => holdSockets(target, 30, 'GET', '', ''),
	'counting bomb': (target) => post(target, '/v1/responses/input_tokens', { model: 'shared', input: cjk(60_000) }),
	'large answer': (target) =>
		post(target, '/v1/chat/completions', {
			...chat('echo', 'word '.repeat(1000)),
			n: 128,
			logprobs: true,
			top_logprobs: 20,
		}),
	'many vectors': (target) =>
		post(target, '/v1/embeddings', { model: 'echo', input: Array.from({ length: 512 }, String), dimensions: 2048 }),
	'hanging streams': (target) =>
		together(12, () => post(target, '/v1/chat/completions', { ...chat('shared', 'hang'), stream: true }, json, hangMs)),
	'failing prompts': (target) => post(target, '/v1/chat/completions', chat('shared', 'poison')),
	'resumable streams': (target) =>
		together(4, () =>
			post(target, '/v1/responses', {
				model: 'echo',
				input: 'echo:repeat 500 word',
				stream: true,
				instructions: 'x'.repeat(20_000),
				background: true,
			}),
		),
	'background calls': (target) =>
		together(8, () => post(target, '/v1/responses', { model: 'shared', input: 'hang', background: true })),
	'socket frames': (target) => together(4, () => sendFrames(target, 50, 'x'.repeat(100_000))),
	searches: (target) => get(target, `/v1/conversations?search=${'a'.repeat(2000)}b`),
	'key guessing': (target) =>
		together(20, (at) => get({ ...target, key: `sk-dragoman-${at}${Math.random()}` }, '/v1/models')),
} as const satisfies Readonly<Record<string, Attack>>

export type AttackName = keyof typeof attacks

export const attackNames = Object.keys(attacks).filter((name) => isAttack(name))

export function isAttack(name: string): name is AttackName {
	return Object.hasOwn(attacks, name)
}

const json = 'application/json'

function chat(model: string, content: string) {
	return { model, messages: [{ role: 'user', content }] }
}

function cjk(length: number): string {
	return String.fromCharCode(...Array.from({ length }, () => 0x4e00 + Math.floor(Math.random() * 20_000)))
}

/** Sends a body and reads the answer, for `timeoutMs` at most. */
async function post(
	{ url, key, signal }: AttackTarget,
	path: string,
	body: object | string,
	type = json,
	timeoutMs = 30_000,
): Promise<void> {
	await read(url + path, {
		method: 'POST',
		headers: { authorization: `Bearer ${key}`, 'content-type': type },
		body: typeof body === 'string' ? body : JSON.stringify(body),
		signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
	})
}

async function get({ url, key, signal }: AttackTarget, path: string): Promise<void> {
	await read(url + path, { headers: { authorization: `Bearer ${key}` }, signal })
}

async function read(url: string, init: RequestInit): Promise<void> {
	await fetch(url, init)
		.then((response) => response.arrayBuffer())
		.catch(() => undefined)
}

async function together(count: number, work: (at: number) => Promise<void>): Promise<void> {
	await Promise.all(Array.from({ length: count }, (_, at) => work(at)))
}

/** Opens connections that send the beginning of a request and then nothing. */
async function holdSockets(
	{ url, key, signal }: AttackTarget,
	count: number,
	method: string,
	headers: string,
	body: string,
): Promise<void> {
	const { hostname, port } = new URL(url)
	const sockets = Array.from({ length: count }, () => connect(Number(port), hostname).on('error', () => undefined))
	const head = `${method} /v1/models HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${key}\r\n${headers}\r\n`
	for (const socket of sockets) socket.write(head + body)
	await pause(hangMs, signal)
	for (const socket of sockets) socket.destroy()
}

async function sendFrames({ url, key, signal }: AttackTarget, count: number, frame: string): Promise<void> {
	const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/responses`, {
		headers: { authorization: `Bearer ${key}` },
	})
	const closed = new Promise<void>((resolve) => {
		socket.onclose = () => resolve()
		socket.onerror = () => resolve()
	})
	socket.onopen = () => {
		for (let sent = 0; sent < count; sent++) socket.send(frame)
	}
	await Promise.race([closed, pause(hangMs, signal)])
	socket.close()
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const timer = setTimeout(resolve, ms)
		signal.addEventListener('abort', () => {
			clearTimeout(timer)
			resolve()
		})
	})
}
