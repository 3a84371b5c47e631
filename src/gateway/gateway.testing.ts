// A gateway in a temporary data folder, with a clock that the test advances, and the settings that a configuration file
// yields.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSettings, type Settings } from '../config/settings.ts'
import { createKey } from '../keys/key.ts'
import { type LogLine, recordingLog } from '../system/log.testing.ts'
import { ManualClock } from '../system/manual-clock.testing.ts'
import type { DeploymentContext } from './deployment.ts'
import { type Gateway, type GatewayContext, openGateway } from './gateway.ts'

/** A folder for data and configuration, which can be opened several times. */
export class TestFolder {
	readonly path: string
	readonly clock = new ManualClock()
	readonly log: LogLine[] = []
	private readonly gateways: TestGateway[] = []
	private files = 0

	private constructor(path: string) {
		this.path = path
	}

	static async create(): Promise<TestFolder> {
		return new TestFolder(await mkdtemp(join(tmpdir(), 'dragoman-gateway-')))
	}

	/** @param yaml a configuration file. */
	async settings(yaml: string): Promise<Settings> {
		const file = join(this.path, `${this.files++}.yaml`)
		await Bun.write(file, yaml)
		return readSettings({ config: file, data: join(this.path, 'data') }, {})
	}

	get context(): GatewayContext & DeploymentContext {
		return {
			version: '1.2.3',
			command: [],
			environment: {},
			showProgress: () => ({ update: () => undefined, end: () => undefined }),
			clock: this.clock,
			log: recordingLog(this.log),
			socketFolder: async () => this.path,
		}
	}

	async open(yaml: string): Promise<TestGateway> {
		const opened = new TestGateway(await openGateway(await this.settings(yaml), this.context))
		this.gateways.push(opened)
		return opened
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const gateway of this.gateways) await gateway.close()
		await rm(this.path, { recursive: true, force: true })
	}
}

export class TestGateway {
	readonly gateway: Gateway
	private secret: string | undefined
	private closed = false

	constructor(gateway: Gateway) {
		this.gateway = gateway
	}

	/** @param key a secret; a new key of the owner `alice` if absent. */
	async fetch(path: string, init: { readonly method?: string; readonly body?: object; readonly key?: string } = {}) {
		const headers = { authorization: `Bearer ${init.key ?? (await this.keyOfAlice())}` }
		const body = init.body === undefined ? null : JSON.stringify(init.body)
		const method = init.method ?? (body === null ? 'GET' : 'POST')
		return this.gateway.fetch(new Request(`http://localhost${path}`, { method, headers, body }))
	}

	chat(content: string, body: object = {}): Promise<Response> {
		const messages = [{ role: 'user', content }]
		return this.fetch('/v1/chat/completions', { body: { model: 'echo', messages, ...body } })
	}

	/** Idempotent. */
	async close(): Promise<void> {
		if (this.closed) return
		this.closed = true
		await this.gateway.interrupt()
		await this.gateway.close()
	}

	private async keyOfAlice(): Promise<string> {
		if (this.secret === undefined) {
			const { key, secret } = createKey({ name: 'alice', role: 'user', owner: 'alice' }, Date.now())
			await this.gateway.keys.insert(key)
			this.secret = secret
		}
		return this.secret
	}
}
