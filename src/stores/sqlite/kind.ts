// SQLite as a member of the list of databases: a file, in the data folder unless its path is given. The implementation
// is loaded when a database is opened.

import { join, resolve } from 'node:path'
import type { StoreKind } from '../kind.ts'

const addressPattern = /^sqlite:(?:\/\/)?(.+)$/s

export const sqlite: StoreKind = {
	setting: {
		pattern: 'sqlite',
		form: 'sqlite',
		description: '`sqlite` for a file in the data folder',
	},
	addressForm: 'sqlite:PATH',
	addressExample: 'sqlite:PATH',
	local: true,
	recognizes: (address) => addressPattern.test(address),
	locate: (_, dataFolder) => addressOf(join(dataFolder, 'dragoman.sqlite')),
	resolve: (address) => addressOf(resolve(fileOf(address))),
	problem: () => undefined,
	nameOf: fileOf,
	secretsOf: () => [],
	async open(address, mode) {
		const { openSqlite } = await import('./sqlite.ts')
		return openSqlite(fileOf(address), mode)
	},
	backups: {
		type: 'file',
		async backUp(address, target, options) {
			const { backUpSqlite } = await import('./sqlite-backup.ts')
			return backUpSqlite(fileOf(address), target, options)
		},
		async restore(address, source, options) {
			const { restoreSqlite } = await import('./sqlite-restore.ts')
			return restoreSqlite(fileOf(address), source, options)
		},
	},
}

function addressOf(file: string): string {
	return `sqlite:${file}`
}

function fileOf(address: string): string {
	return addressPattern.exec(address)?.[1] ?? ''
}
