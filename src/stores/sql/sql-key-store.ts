// API keys in a database.

import { z } from 'zod'
import { formerUserIdMode, type HistoryMode, historyModes } from '../../keys/history-mode.ts'
import { type Key, type KeySettings, roles } from '../../keys/key.ts'
import { type KeyId, keyId } from '../../keys/key-id.ts'
import type { KeyStore } from '../../keys/key-store.ts'
import { revocable } from '../../keys/revocation.ts'
import { ownerId, type Scope, tenantId } from '../../keys/scope.ts'
import type { SqlDatabase } from './sql-database.ts'

const keySettings = z.object({
	history: z
		.enum([...historyModes, formerUserIdMode])
		.transform((mode): HistoryMode => (mode === formerUserIdMode ? 'user-id' : mode))
		.optional(),
	resumable: z.boolean().optional(),
	dialect: z.string().optional(),
})

const row = z
	.object({
		id: z.string().transform(keyId),
		name: z.string(),
		role: z.enum(roles),
		tenant: z.string().transform(tenantId),
		owner: z.string().transform(ownerId).nullable(),
		settings: z.string().transform((text): KeySettings => keySettings.parse(JSON.parse(text))),
		prefix: z.string(),
		hash: z.string(),
		created_at_ms: z.coerce.number(),
		revoked_at_ms: z.coerce.number().nullable(),
		expires_at_ms: z.coerce.number().nullable(),
	})
	.transform(
		({ created_at_ms, revoked_at_ms, expires_at_ms, owner, ...rest }): Key => ({
			...rest,
			owner: owner ?? ownerId(rest.id),
			createdAtMs: created_at_ms,
			revokedAtMs: revoked_at_ms,
			expiresAtMs: expires_at_ms,
		}),
	)

export class SqlKeyStore implements KeyStore {
	private readonly database: SqlDatabase

	/** `close` closes the database. */
	constructor(database: SqlDatabase) {
		this.database = database
	}

	async insert(key: Key): Promise<void> {
		await this.database.write(
			(sql) => sql`
			INSERT INTO keys (id, name, role, tenant, owner, settings, prefix, hash, created_at_ms, revoked_at_ms,
				expires_at_ms)
			VALUES (${key.id}, ${key.name}, ${key.role}, ${key.tenant}, ${key.owner}, ${JSON.stringify(key.settings)},
				${key.prefix}, ${key.hash}, ${key.createdAtMs}, ${key.revokedAtMs}, ${key.expiresAtMs})`,
		)
	}

	async findByHash(hash: string): Promise<Key | undefined> {
		const [found] = await this.database.sql`SELECT * FROM keys WHERE hash = ${hash}`
		return found === undefined ? undefined : row.parse(found)
	}

	async list(): Promise<readonly Key[]> {
		const rows = await this.database.sql`SELECT * FROM keys ORDER BY created_at_ms, id`
		return z.array(row).parse(Array.from(rows))
	}

	async revoke(which: string, nowMs: number): Promise<readonly Key[]> {
		const matching = revocable(await this.list(), which)
		const [only] = matching
		if (only === undefined || matching.length > 1 || only.revokedAtMs !== null) return matching
		await this.database.write(
			(sql) => sql`UPDATE keys SET revoked_at_ms = ${nowMs} WHERE id = ${only.id} AND revoked_at_ms IS NULL`,
		)
		return [{ ...only, revokedAtMs: nowMs }]
	}

	async listOwn({ tenant, owner }: Scope): Promise<readonly Key[]> {
		// Keys of the first version have no owner; they are owned by their own id.
		const rows = await this.database.sql`
			SELECT * FROM keys WHERE tenant = ${tenant} AND COALESCE(owner, id) = ${owner} ORDER BY created_at_ms, id`
		return z.array(row).parse(Array.from(rows))
	}

	async revokeOwn({ tenant, owner }: Scope, id: KeyId, nowMs: number): Promise<boolean> {
		const revoked = await this.database.write(
			(sql) => sql`
				UPDATE keys SET revoked_at_ms = ${nowMs}
				WHERE id = ${id} AND tenant = ${tenant} AND COALESCE(owner, id) = ${owner} AND revoked_at_ms IS NULL
				RETURNING id`,
		)
		return revoked.length > 0
	}

	async close(): Promise<void> {
		await this.database.close()
	}
}
