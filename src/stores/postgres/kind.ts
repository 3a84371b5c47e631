// PostgreSQL as a member of the list of databases: a server at a URL. The implementation is loaded when a database is
// opened.

import { databaseLocation, databaseSecrets, databaseUrlProblem } from '../database-url.ts'
import type { StoreKind } from '../kind.ts'
import { addressForm, parametersProblem } from './postgres-address.ts'

export const postgres: StoreKind = {
	setting: {
		pattern: String.raw`postgres(ql)?:\/\/.+`,
		form: 'a URL that begins with postgres://',
		description: '`postgres://…` for PostgreSQL',
	},
	addressForm: 'postgres://…',
	addressExample: addressForm,
	local: false,
	recognizes: (address) => /^postgres(ql)?:\/\/./.test(address),
	locate: (setting) => setting,
	resolve: (address) => address,
	problem: (address) => databaseUrlProblem(address) ?? parametersProblem(address),
	nameOf: databaseLocation,
	secretsOf: databaseSecrets,
	backups: { type: 'tools', names: 'pg_dump and pg_restore' },
	async open(address, mode) {
		const { openPostgres } = await import('./postgres.ts')
		return openPostgres(address, mode)
	},
}
