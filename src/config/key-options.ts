// The operator's rules for API keys, as the configuration writes them.

import { z } from 'zod'
import { count } from '../fields/amount.ts'
import { defaultKeyRules, keyCreators } from '../keys/key-rules.ts'

export const keyOptions = z
	.strictObject({
		create: z
			.enum(keyCreators)
			.default(defaultKeyRules.create)
			.describe('Which keys may create keys through an API: `everyone`, `admins` (keys of role `admin`) or `none`.'),
		activePerOwner: count('keys', 1, 1_000_000)
			.default(defaultKeyRules.activePerOwner)
			.describe('Keys per owner that are neither revoked nor expired. Commands can exceed it.'),
		wrongPerMinute: count('keys', 1, 1_000_000)
			.default(defaultKeyRules.wrongPerMinute)
			.describe(
				'Wrong keys that one client address may present per minute; further ones get 429. IPv6 addresses count by their /64.',
			),
	})
	.prefault({})
	.describe('Rules for API keys.')
