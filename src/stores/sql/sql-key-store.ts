// Keys in a database.

import type { SQL } from 'bun'
import { z } from 'zod'
import { type Key, roles } from '../../keys/key.ts'
import type { KeyStore } from '../../keys/key-store.ts'
import { revocable } from '../../keys/revocation.ts'

const row = z
	.object({
		id: z.string(),
		name: z.string(),
		role: z.enum(roles),
		prefix: z.string(),
		hash: z.string(),
		created_at_ms: z.coerce.number(),
		revoked_at_ms: z.coerce.number().nullable(),
	})
	.transform(
		({ created_at_ms: createdAtMs, revoked_at_ms: revokedAtMs, ...rest }): Key => ({
			...rest,
			createdAtMs,
			revokedAtMs,
		}),
	)

export class SqlKeyStore implements KeyStore {
	private readonly sql: SQL

	/** Takes the open database over: closing the store closes it. */
	constructor(sql: SQL) {
		this.sql = sql
	}

	async insert(key: Key): Promise<void> {
		await this.sql`
			INSERT INTO keys (id, name, role, prefix, hash, created_at_ms, revoked_at_ms)
			VALUES (${key.id}, ${key.name}, ${key.role}, ${key.prefix}, ${key.hash}, ${key.createdAtMs}, ${key.revokedAtMs})`
	}

	async findByHash(hash: string): Promise<Key | undefined> {
		const [found] = await this.sql`SELECT * FROM keys WHERE hash = ${hash}`
		return found === undefined ? undefined : row.parse(found)
	}

	async list(): Promise<readonly Key[]> {
		const rows = await this.sql`SELECT * FROM keys ORDER BY created_at_ms, id`
		return z.array(row).parse(Array.from(rows))
	}

	async revoke(which: string, nowMs: number): Promise<readonly Key[]> {
		const matching = revocable(await this.list(), which)
		const [only] = matching
		if (only === undefined || matching.length > 1 || only.revokedAtMs !== null) return matching
		await this.sql`UPDATE keys SET revoked_at_ms = ${nowMs} WHERE id = ${only.id} AND revoked_at_ms IS NULL`
		return [{ ...only, revokedAtMs: nowMs }]
	}

	async close(): Promise<void> {
		await this.sql.close()
	}
}
