// Looks after the configuration file while the server runs: a change, or a request to reload, brings new models and upstreams in. A file that cannot
// be used changes nothing, and the log says why.

import { unwatchFile, watchFile } from 'node:fs'
import type { Settings } from '../config/settings.ts'
import type { Gateway } from '../gateway.ts'
import type { Log } from '../telemetry/log.ts'

export interface ConfigWatch {
	/** Reads the configuration again; does nothing after `close`. */
	reload(): void
	close(): void
}

const lookEveryMs = 1000

/** What can be replaced while the server runs; everything else waits for the next start. */
const replaceable: ReadonlySet<string> = new Set(['models', 'upstreams'])

/** @param read reads the configuration anew, as it was read at the start. */
export function watchConfig(
	settings: Settings,
	read: () => Promise<Settings>,
	gateway: Gateway,
	log: Log,
): ConfigWatch {
	let current = settings.config
	let running = Promise.resolve()
	const reload = async () => {
		try {
			const { config } = await read()
			await gateway.reload(config)
			const waiting = Object.entries(config)
				.filter(([name, value]) => !replaceable.has(name) && !Bun.deepEquals(value, Reflect.get(current, name)))
				.map(([name]) => name)
			current = { ...current, models: config.models, upstreams: config.upstreams }
			log.info({ models: gateway.models.map(({ name }) => name) }, 'the configuration was read again')
			if (waiting.length > 0) log.warn({ fields: waiting }, 'these changes need a restart')
		} catch (thrown) {
			const reason = thrown instanceof Error ? thrown.message : String(thrown)
			log.error({ reason }, 'the configuration cannot be used; the one before stays')
		}
	}
	let closed = false
	const enqueue = () => {
		if (closed) return
		running = running.then(reload)
	}
	const { file } = settings
	if (file !== undefined)
		watchFile(file, { interval: lookEveryMs }, (now, before) => {
			if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino || now.size !== before.size) enqueue()
		})
	return {
		reload: enqueue,
		close() {
			closed = true
			if (file !== undefined) unwatchFile(file)
		},
	}
}
