// Configurations of servers with the embedded engine, for tests: the library and weights that the test suite has set
// up.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, type TestServer } from './server.ts'

/** Folder with the engine library; tests of the engine are skipped without it. */
export const engineFolder = process.env.DRAGOMAN_TEST_ENGINE ?? join(root, '.cache', 'engine')
/** Folder with the default model's weights. */
export const modelFolder = process.env.DRAGOMAN_TEST_MODELS ?? join(root, '.cache', 'models')

export const isEngineHere = existsSync(join(engineFolder, 'installed.json'))

/** YAML of a server with the toy model alone. */
export const toyConfig = `
engineFolder: ${engineFolder}
models: { tiny-chat: { route: [toy] } }
upstreams: { toy: { engine: llama, model: tiny-chat } }
`

/** Waits until every model of the server is ready; bounded by the test's timeout. `/ready` is 200 as soon as one is. */
export async function allReady({ url }: Pick<TestServer, 'url'>): Promise<void> {
	for (;;) {
		const { models } = (await (await fetch(`${url}/ready`)).json()) as {
			models: readonly { readonly status: string }[]
		}
		if (models.every(({ status }) => status === 'ready')) return
		await Bun.sleep(20)
	}
}

/** The process id of the engine that serves the server's embedded model, once it is ready. */
export async function engineProcess(server: Pick<TestServer, 'url' | 'pid'>): Promise<number> {
	for (;;) {
		await allReady(server)
		const found = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && isEngineOf(server.pid, entry))
		if (found !== undefined) return Number(found)
		await Bun.sleep(20)
	}
}

function isEngineOf(parent: number, entry: string): boolean {
	try {
		const found = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${entry}/status`, 'utf8'))?.[1]
		return Number(found) === parent && readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes('engine')
	} catch {
		// It exited in the meantime.
		return false
	}
}
