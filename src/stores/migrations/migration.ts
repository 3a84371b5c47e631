// The migration steps of the schema, oldest first. Released steps are never edited; each change is a new step.

import keys from './001-keys.sql' with { type: 'text' }
import keyOwners from './002-key-owners.sql' with { type: 'text' }
import conversations from './003-conversations.sql' with { type: 'text' }
import ledger from './004-ledger.sql' with { type: 'text' }
import keyExpiry from './005-key-expiry.sql' with { type: 'text' }
import ledgerOwners from './006-ledger-owners.sql' with { type: 'text' }
import { orderedParts } from './007-ordered-parts.ts'
import { searchTexts } from './008-search-texts.ts'
import processes from './009-processes.sql' with { type: 'text' }
import keyParents from './010-key-parents.sql' with { type: 'text' }
import shares from './011-shares.sql' with { type: 'text' }
import usageDaysByKey from './012-usage-days-by-key.sql' with { type: 'text' }
import type { TableRewrite } from './table-rewrite.ts'

export type Migration = SchemaChange | DataChange

/** A step that changes tables, in one transaction. */
export interface SchemaChange {
	readonly name: string
	readonly sql: string
}

/** A step that rewrites stored rows, in several transactions. */
export interface DataChange {
	readonly name: string
	readonly rewrites: readonly TableRewrite[]
	/** Whether the database's index over texts of messages is created afterwards. */
	readonly indexesTexts?: boolean | undefined
}

export const migrations: readonly Migration[] = [
	{ name: '001-keys', sql: keys },
	{ name: '002-key-owners', sql: keyOwners },
	{ name: '003-conversations', sql: conversations },
	{ name: '004-ledger', sql: ledger },
	{ name: '005-key-expiry', sql: keyExpiry },
	{ name: '006-ledger-owners', sql: ledgerOwners },
	{ name: '007-ordered-parts', rewrites: orderedParts },
	{ name: '008-search-texts', rewrites: searchTexts, indexesTexts: true },
	{ name: '009-processes', sql: processes },
	{ name: '010-key-parents', sql: keyParents },
	{ name: '011-shares', sql: shares },
	{ name: '012-usage-days-by-key', sql: usageDaysByKey },
]
