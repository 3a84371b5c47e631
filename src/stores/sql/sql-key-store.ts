// API keys in a database.

import { z } from 'zod'
import { formerUserIdMode, type HistoryMode, historyModes } from '../../keys/history-mode.ts'
import { type Key, type KeySettings, roles } from '../../keys/key.ts'
import { type KeyId, keyId } from '../../keys/key-id.ts'
import type { KeyStore, OwnerBounds } from '../../keys/key-store.ts'
import type { Revocation } from '../../keys/revocation.ts'
import { ownerId, type Scope, tenantId } from '../../keys/scope.ts'
import type { Sql } from './sql.ts'
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
		owner: z.string().transform(ownerId),
		settings: z.string().transform((text): KeySettings => keySettings.parse(JSON.parse(text))),
		prefix: z.string(),
		hash: z.string(),
		created_at_ms: z.coerce.number(),
		revoked_at_ms: z.coerce.number().nullable(),
		expires_at_ms: z.coerce.number().nullable(),
		parent: z.string().transform(keyId).nullable(),
		configured_ancestor: z.string().transform(keyId).nullable(),
	})
	.transform(
		({ created_at_ms, revoked_at_ms, expires_at_ms, configured_ancestor, ...rest }): Key => ({
			...rest,
			createdAtMs: created_at_ms,
			revokedAtMs: revoked_at_ms,
			expiresAtMs: expires_at_ms,
			configuredAncestor: configured_ancestor,
		}),
	)

export class SqlKeyStore implements KeyStore {
	private readonly database: SqlDatabase

	/** `close` closes the database. */
	constructor(database: SqlDatabase) {
		this.database = database
	}

	async insert(key: Key): Promise<void> {
		await this.database.write((sql) => insertRow(sql, key))
	}

	insertChild(key: Key, bounds: OwnerBounds): Promise<'stored' | 'ended' | 'full'> {
		return this.database.write(async (sql) => {
			if (key.parent !== null && (await hasEnded(sql, key, key.parent))) return 'ended'
			const { tenant, owner, createdAtMs: nowMs } = key
			const [counted] = await sql`
				SELECT count(*) AS active FROM keys
				WHERE tenant = ${tenant} AND owner = ${owner} AND revoked_at_ms IS NULL
					AND (expires_at_ms IS NULL OR expires_at_ms > ${nowMs})`
			if (Number(counted?.active) >= bounds.active) return 'full'
			await sql`
				DELETE FROM keys WHERE id IN (
					SELECT id FROM keys
					WHERE tenant = ${tenant} AND owner = ${owner} AND (revoked_at_ms IS NOT NULL OR expires_at_ms <= ${nowMs})
					ORDER BY created_at_ms DESC, id DESC LIMIT ${mostRemoved} OFFSET ${bounds.ended})`
			await insertRow(sql, key)
			return 'stored'
		})
	}

	async findByHash(hash: string): Promise<Key | undefined> {
		const [found] = await this.database.sql`SELECT * FROM keys WHERE hash = ${hash}`
		return found === undefined ? undefined : row.parse(found)
	}

	async list(): Promise<readonly Key[]> {
		const rows = await this.database.sql`SELECT * FROM keys ORDER BY created_at_ms, id`
		return z.array(row).parse(Array.from(rows))
	}

	revoke(id: KeyId, nowMs: number): Promise<Revocation | undefined> {
		return this.database.write(async (sql) => {
			await sql`UPDATE keys SET revoked_at_ms = ${nowMs} WHERE id = ${id} AND revoked_at_ms IS NULL`
			const [found] = await sql`SELECT * FROM keys WHERE id = ${id}`
			if (found === undefined) return undefined
			const descendants: Key[] = []
			// A descendant that was creating a key while this transaction waited for its row has one more.
			for (let ended = await revokeDescendants(sql, id, nowMs); ended.length > 0; ) {
				descendants.push(...ended)
				ended = await revokeDescendants(sql, id, nowMs)
			}
			return { key: row.parse(found), descendants }
		})
	}

	async listOwn({ tenant, owner }: Scope): Promise<readonly Key[]> {
		const rows = await this.database.sql`
			SELECT * FROM keys WHERE tenant = ${tenant} AND owner = ${owner} ORDER BY created_at_ms, id`
		return z.array(row).parse(Array.from(rows))
	}

	async close(): Promise<void> {
		await this.database.close()
	}
}

/** Rows that one creation removes, so that its duration has a bound. */
const mostRemoved = 100

async function insertRow(sql: Sql, key: Key): Promise<void> {
	await sql`
		INSERT INTO keys (id, name, role, tenant, owner, settings, prefix, hash, created_at_ms, revoked_at_ms,
			expires_at_ms, parent, configured_ancestor)
		VALUES (${key.id}, ${key.name}, ${key.role}, ${key.tenant}, ${key.owner}, ${JSON.stringify(key.settings)},
			${key.prefix}, ${key.hash}, ${key.createdAtMs}, ${key.revokedAtMs}, ${key.expiresAtMs}, ${key.parent},
			${key.configuredAncestor})`
}

/** Whether the parent of a key is revoked. Locks its row until the transaction ends, against a revocation meanwhile. */
async function hasEnded(sql: Sql, key: Key, parent: KeyId): Promise<boolean> {
	// The configured key has no row.
	if (key.configuredAncestor === parent) return false
	const [valid] = await sql`
		UPDATE keys SET revoked_at_ms = NULL WHERE id = ${parent} AND revoked_at_ms IS NULL RETURNING id`
	return valid === undefined
}

async function revokeDescendants(sql: Sql, id: KeyId, nowMs: number): Promise<readonly Key[]> {
	const rows = await sql`
		UPDATE keys SET revoked_at_ms = ${nowMs}
		WHERE revoked_at_ms IS NULL AND id IN (
			WITH RECURSIVE line (id) AS (
				SELECT id FROM keys WHERE parent = ${id}
				UNION
				SELECT keys.id FROM keys JOIN line ON keys.parent = line.id)
			SELECT id FROM line)
		RETURNING *`
	return z.array(row).parse(Array.from(rows))
}
