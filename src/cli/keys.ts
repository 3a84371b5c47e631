// dragoman keys: creates, lists and revokes API keys, even while a server runs on the same data folder.

import { Command, InvalidArgumentError, Option } from 'commander'
import type { ConfigFlags, Settings } from '../config/settings.ts'
import { dialectNames } from '../dialects/names.ts'
import { configuredKey, configuredKeyLabel, isConfiguredKey, withAncestor } from '../keys/configured-key.ts'
import { formerUserIdMode, type HistoryMode, historyModes } from '../keys/history-mode.ts'
import { abbreviateKey, createKey, type Key, type KeyDescription, labelFault, type Role, roles } from '../keys/key.ts'
import { revocable } from '../keys/revocation.ts'
import { tenantId } from '../keys/scope.ts'
import { terminalLine } from '../system/terminal-text.ts'
import { CliError } from './cli-error.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { withStores } from './configured-stores.ts'
import { outputWidth, table } from './table.ts'

interface CreateFlags extends ConfigFlags {
	readonly name: string
	readonly role: Role
	readonly tenant?: string
	readonly owner?: string
	readonly history?: HistoryMode
	readonly resumable?: true
	readonly dialect?: string
	/** Milliseconds since 1970. */
	readonly expires?: number
}

interface ListFlags extends ConfigFlags {
	readonly json?: true
}

interface RevokeFlags extends ConfigFlags {
	readonly tenant?: string
}

export function keysCommand(context: CommandContext): Command {
	const keys = new Command('keys').description('create, list and revoke API keys')
	addConfigOptions(keys.command('create').description('create a key and print only the key to standard output'))
		.requiredOption('--name <name>', 'name of the key', readLabel)
		.addOption(new Option('--role <role>', 'role of the key').choices([...roles]).default('user'))
		.option('--tenant <name>', 'organization that the key belongs to (default: default)', readLabel)
		.option(
			'--owner <name>',
			'owner of the conversations that the key reads and writes, shared by all keys of that owner (default: the key itself)',
			readLabel,
		)
		.addOption(
			new Option('--history <mode>', 'whether `user` and `id` of a chat request store a conversation')
				.choices([...historyModes])
				.argParser((mode) => readHistoryMode(mode, context)),
		)
		.addOption(
			new Option('--dialect <name>', 'dialect used on paths that several dialects share').choices([...dialectNames]),
		)
		.option('--expires <when>', 'expiry: a date such as 2027-01-31, or a duration such as 30d or 12h', readWhen)
		.option('--resumable', 'chat streams of the key can be resumed after the client disconnects')
		.action((flags: CreateFlags) => create(flags, context))
	addConfigOptions(keys.command('list').alias('ls').description('list keys with their first characters'))
		.option('--json', 'print JSON')
		.action((flags: ListFlags) => list(flags, context))
	addConfigOptions(
		keys.command('revoke').description('revoke a key and all keys that it created, immediately and permanently'),
	)
		.argument('<key>', 'id, name, whole key, or its first characters, which `keys list` shows')
		.option('--tenant <name>', 'organization of the key; required for names that clients chose', readLabel)
		.action((which: string, flags: RevokeFlags) => revoke(which, flags, context))
	return keys
}

async function create(flags: CreateFlags, context: CommandContext): Promise<void> {
	const { key, secret } = createKey(described(flags), Date.now())
	await withStores(flags, context, async ({ keys }, settings) => {
		const others = [...(await keys.list()), ...configuredKeys(settings)]
		const twin = others.find(
			({ name, revokedAtMs, parent }) => name === key.name && revokedAtMs === null && parent === null,
		)
		if (twin !== undefined)
			context.printStatus(
				`Warning: key ${twin.id} has the name '${terminalLine(key.name)}' as well, so the name no longer identifies one key: revoke by id.`,
			)
		await keys.insert(key)
	})
	context.printStatus(`Key '${terminalLine(key.name)}' (${key.role}) created. It is shown this once:`)
	context.print(secret)
}

async function list(flags: ListFlags, context: CommandContext): Promise<void> {
	const [configured, stored] = await withStores(flags, context, async ({ keys }, settings) => {
		const configured = configuredKeys(settings)
		return [configured, (await keys.list()).map((key) => withAncestor(key, configured[0]))]
	})
	if (flags.json === true) {
		const shown = [
			...configured.map(({ hash: _, ...key }) => ({ ...key, createdAtMs: null, configured: true })),
			...stored.map(({ hash: _, ...key }) => key),
		]
		context.print(JSON.stringify(shown, null, 2))
		return
	}
	const head = ['ID', 'NAME', 'ROLE', 'OWNER', 'KEY', 'CREATED', 'EXPIRES', 'REVOKED', 'PARENT']
	const rows = [...configured.map(describeConfigured), ...stored.map(describe)]
	for (const line of table(head, rows, outputWidth(context))) context.print(line)
}

async function revoke(which: string, { tenant, ...flags }: RevokeFlags, context: CommandContext): Promise<void> {
	await withStores(flags, context, async ({ keys }, settings) => {
		const all = await keys.list()
		const matching = revocable(all, which, tenant === undefined ? undefined : tenantId(tenant))
		const [key] = matching
		if (key === undefined) throw noSuchKey(which, all, configuredKeys(settings))
		if (matching.length > 1)
			throw new CliError(`${matching.length} keys are named '${which}': revoke one by its id.`, 1, identify(matching))
		const revocation = await keys.revoke(key.id, Date.now())
		if (revocation === undefined) throw noSuchKey(which, [], [])
		const { length } = revocation.descendants
		const ended = length === 0 ? '' : `, and with it ${length} key${length === 1 ? '' : 's'} that it created`
		context.printStatus(`Key '${terminalLine(key.name)}' (${terminalLine(key.prefix)}…) is revoked${ended}.`)
	})
}

function noSuchKey(which: string, all: readonly Key[], configured: readonly Key[]): CliError {
	if (configured.some((key) => isConfiguredKey(which, key)))
		return new CliError(
			`The key '${configuredKeyLabel}' is not in the database: it is the configured admin key. Change \`adminKey\` or DRAGOMAN_ADMIN_KEY and restart the server: the keys that it created end with it.`,
		)
	const byClients = all.filter(({ name, revokedAtMs }) => name === which && revokedAtMs === null)
	if (byClients.length === 0)
		return new CliError(`There is no key '${abbreviateKey(which)}': \`dragoman keys list\` lists the keys.`)
	return new CliError(
		`No key that an operator created is named '${which}'. Clients created keys with that name: revoke one by its id, or set --tenant.`,
		1,
		identify(byClients),
	)
}

/** One line for each key, with what its namesakes do not share. */
function identify(keys: readonly Key[]): readonly string[] {
	const shown = keys.slice(0, mostNamesakes)
	const rows = shown.map(({ id, tenant, owner, createdAtMs }) => [id, `${tenant}/${owner}`, day(createdAtMs)])
	const more = keys.length > shown.length ? [`… and ${keys.length - shown.length} more`] : []
	return [...table(['ID', 'OWNER', 'CREATED'], rows), ...more]
}

const mostNamesakes = 20

function described({ name, role, tenant, owner, expires, ...settings }: CreateFlags): KeyDescription {
	const { history, resumable, dialect } = settings
	return {
		name,
		role,
		tenant,
		owner,
		expiresAtMs: expires,
		settings: {
			history,
			resumable,
			dialect,
		},
	}
}

/** The configured admin key, if there is one. */
function configuredKeys({ config }: Settings): readonly Key[] {
	return config.adminKey === undefined ? [] : [configuredKey(config.adminKey, Date.now())]
}

function describeConfigured(key: Key): readonly string[] {
	return [key.id, configuredKeyLabel, key.role, `${key.tenant}/${key.owner}`, '', '', '', '', '']
}

/** Accepts the former spelling, with a warning. */
function readHistoryMode(text: string, context: CommandContext): HistoryMode {
	const mode = historyModes.find((one) => one === text)
	if (mode !== undefined) return mode
	if (text !== formerUserIdMode) throw new InvalidArgumentError(`Allowed choices are ${historyModes.join(', ')}.`)
	context.printStatus(`Warning: --history ${formerUserIdMode} is deprecated: write --history user-id.`)
	return 'user-id'
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
		String(key.owner) === key.id ? key.tenant : `${key.tenant}/${key.owner}`,
		`${key.prefix}…`,
		day(key.createdAtMs),
		key.expiresAtMs === null ? '' : day(key.expiresAtMs),
		key.revokedAtMs === null ? '' : day(key.revokedAtMs),
		key.parent ?? '',
	]
}

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000 }

/** A date (UTC), or a duration from now, in milliseconds since 1970. */
function readWhen(text: string): number {
	const [, count, unit = ''] = /^(\d{1,5})([hd])$/.exec(text) ?? []
	const at = count === undefined ? Date.parse(text) : Date.now() + Number(count) * (unitMs[unit] ?? 0)
	const isDate = count !== undefined || /^\d{4}-\d\d-\d\d(T|$)/.test(text)
	if (!isDate || Number.isNaN(at))
		throw new InvalidArgumentError('Expected a date, such as 2027-01-31, or a duration, such as 30d or 12h.')
	if (at <= Date.now()) throw new InvalidArgumentError('It is in the past.')
	return at
}

/** In UTC. Keys of earlier versions may expire later than a Date can express. */
function day(ms: number): string {
	const date = new Date(ms)
	return Number.isNaN(date.getTime()) ? 'later' : date.toISOString().slice(0, 16).replace('T', ' ')
}
