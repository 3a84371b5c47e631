// The operator's rules for keys.

/** Which keys may create keys through an API. Commands on the server's host are not affected. */
export const keyCreators = ['everyone', 'admins', 'none'] as const

export interface KeyRules {
	readonly create: (typeof keyCreators)[number]
	/** How many keys an owner may have that are neither revoked nor expired. */
	readonly activePerOwner: number
	/** Wrong keys that one client address may present per minute. */
	readonly wrongPerMinute: number
}

export const defaultKeyRules: KeyRules = { create: 'everyone', activePerOwner: 100, wrongPerMinute: 30 }
