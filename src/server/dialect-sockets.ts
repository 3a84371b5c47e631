// The WebSocket routes of the dialects, with and without their prefixes and mounts.

import type { Dialect, SocketRoute } from '../dialects/dialect.ts'
import { dialects } from '../dialects/list.ts'
import { RouteTable } from '../http/route-table.ts'

export function routeTableOfSockets(): RouteTable<{ readonly dialect: Dialect; readonly route: SocketRoute }> {
	const table = new RouteTable<{ readonly dialect: Dialect; readonly route: SocketRoute }>()
	for (const dialect of dialects)
		for (const route of dialect.sockets ?? [])
			for (const prefix of dialect.prefixes)
				for (const mount of ['', dialect.mount]) table.add('POST', mount + prefix + route.path, { dialect, route })
	return table
}
