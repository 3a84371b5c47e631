// dragoman keys: creates, lists and revokes API keys, also while a server runs on the same data folder.

import { Command, InvalidArgumentError, Option } from 'commander'
import type { ConfigFlags, Settings } from '../config/settings.ts'
import { dialects } from '../dialects/list.ts'
import { configuredKey, configuredKeyLabel, isConfiguredKey } from '../keys/configured-key-store.ts'
import { abridged, createKey, type Key, type KeyDescription, labelFault, type Role, roles } from '../keys/key.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { Complaint } from './complaint.ts'
import { withStores } from './configured-stores.ts'
import { table } from './table.ts'

interface CreateFlags extends ConfigFlags {
	readonly name: string
	readonly role: Role
	readonly tenant?: string
	readonly owner?: string
	readonly history?: 'albert' | 'none'
	readonly resumable?: true
	readonly dialect?: string
	/** Milliseconds since 1970. */
	readonly expires?: number
}

export function keysCommand(surroundings: CommandContext): Command {
	const keys = new Command('keys').description('API keys: create, list, revoke')
	addConfigOptions(keys.command('create').description('make a key and print it, alone, on standard output'))
		.requiredOption('--name <name>', 'what to call it', readLabel)
		.addOption(new Option('--role <role>', 'what it may do').choices([...roles]).default('user'))
		.option('--tenant <name>', 'the organisation it belongs to (default: default)', readLabel)
		.option(
			'--owner <name>',
			'whose conversations it reads and writes, shared by all keys of that owner (default: its own)',
			readLabel,
		)
		.addOption(
			new Option('--history <mode>', "whether a chat request's `user` and `id` keep a conversation").choices([
				'albert',
				'none',
			]),
		)
		.addOption(
			new Option('--dialect <name>', 'the dialect that is meant on paths that several share').choices(
				dialects.map(({ name }) => name),
			),
		)
		.option('--expires <when>', 'when it ends: a date as 2027-01-31, or a time from now as 30d or 12h', readWhen)
		.option('--resumable', 'its streams of chat outlive the connection of their client')
		.action(async (flags: CreateFlags) => {
			const { key, secret } = createKey(described(flags), Date.now())
			await withStores(flags, surroundings, async ({ keys }, settings) => {
				const others = [...(await keys.list()), ...configuredKeys(settings)]
				const twin = others.find(({ name, revokedAtMs }) => name === key.name && revokedAtMs === null)
				if (twin !== undefined)
					surroundings.tell(
						`Warning: key ${twin.id} is named '${key.name}' too, so that name no longer identifies one key: revoke by id.`,
					)
				await keys.insert(key)
			})
			surroundings.tell(`Key '${key.name}' (${key.role}) created. It is shown this once:`)
			surroundings.print(secret)
		})
	addConfigOptions(keys.command('list').description('list keys by their first characters'))
		.option('--json', 'print JSON')
		.action(async (flags: ConfigFlags & { readonly json?: true }) => {
			const [configured, stored] = await withStores(flags, surroundings, async ({ keys }, settings) => [
				configuredKeys(settings),
				await keys.list(),
			])
			if (flags.json === true) {
				const shown = [
					...configured.map(({ hash: _, ...key }) => ({ ...key, createdAtMs: null, configured: true })),
					...stored.map(({ hash: _, ...key }) => key),
				]
				surroundings.print(JSON.stringify(shown, null, 2))
			} else
				for (const line of table(
					['ID', 'NAME', 'ROLE', 'OWNER', 'KEY', 'CREATED', 'EXPIRES', 'REVOKED'],
					[...configured.map(describeConfigured), ...stored.map(describe)],
				))
					surroundings.print(line)
		})
	addConfigOptions(keys.command('revoke').description('end a key for good, at once'))
		.argument('<key>', 'its id, its name, the whole key, or its first characters as `keys list` shows them')
		.action(async (which: string, flags: ConfigFlags) => {
			const matching = await withStores(flags, surroundings, async ({ keys }, settings) => {
				const revoked = await keys.revoke(which, Date.now())
				if (revoked.length === 0 && configuredKeys(settings).some((key) => isConfiguredKey(which, key)))
					throw new Complaint(
						`The key '${configuredKeyLabel}' is not in the database: it is the admin key of the configuration. Change \`adminKey\` or DRAGOMAN_ADMIN_KEY and restart the server.`,
					)
				return revoked
			})
			const [revoked] = matching
			if (revoked === undefined) throw new Complaint(`There is no key '${abridged(which)}'.`)
			if (matching.length > 1)
				throw new Complaint(
					`${matching.length} keys are called '${which}': use an id of ${matching.map(({ id }) => id).join(', ')}.`,
				)
			surroundings.tell(`Key '${revoked.name}' (${revoked.prefix}…) is revoked.`)
		})
	return keys
}

function described({ name, role, tenant, owner, expires, ...settings }: CreateFlags): KeyDescription {
	const { history, resumable, dialect } = settings
	return {
		name,
		role,
		...(tenant === undefined ? {} : { tenant }),
		...(owner === undefined ? {} : { owner }),
		...(expires === undefined ? {} : { expiresAtMs: expires }),
		settings: {
			...(history === undefined ? {} : { history }),
			...(resumable === undefined ? {} : { resumable }),
			...(dialect === undefined ? {} : { dialect }),
		},
	}
}

/** The operator's key, where one is configured. */
function configuredKeys({ config }: Settings): readonly Key[] {
	return config.adminKey === undefined ? [] : [configuredKey(config.adminKey, Date.now())]
}

function describeConfigured(key: Key): readonly string[] {
	return [key.id, configuredKeyLabel, key.role, `${key.tenant}/${key.owner}`, '', '', '', '']
}

function readLabel(text: string): string {
	const fault = labelFault(text)
	if (fault !== undefined) throw new InvalidArgumentError(fault)
	return text
}

function describe(key: Key): readonly string[] {
	return [
		key.id,
		key.name,
		key.role,
		key.owner === key.id ? key.tenant : `${key.tenant}/${key.owner}`,
		`${key.prefix}…`,
		day(key.createdAtMs),
		key.expiresAtMs === null ? '' : day(key.expiresAtMs),
		key.revokedAtMs === null ? '' : day(key.revokedAtMs),
	]
}

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000 }

/** A date (UTC), or a time from now, in milliseconds since 1970. */
function readWhen(text: string): number {
	const [, count, unit = ''] = /^(\d{1,5})([hd])$/.exec(text) ?? []
	const at = count === undefined ? Date.parse(text) : Date.now() + Number(count) * (unitMs[unit] ?? 0)
	const isDate = count !== undefined || /^\d{4}-\d\d-\d\d(T|$)/.test(text)
	if (!isDate || Number.isNaN(at))
		throw new Complaint(`'${text}' is neither a date as 2027-01-31 nor a time as 30d or 12h.`)
	if (at <= Date.now()) throw new Complaint(`'${text}' lies in the past.`)
	return at
}

function day(ms: number): string {
	return new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
}
