// The end of every `--help`: examples to copy, and the page of the documentation. It does not know the options.

import { join } from 'node:path'
import type { Command } from 'commander'
import { packageFolder } from './program-words.ts'

export interface HelpEntry {
	/** Complete commands. */
	readonly examples: readonly string[]
	/** File in docs/, with the anchor of a section. */
	readonly page: string
}

/** By the words after `dragoman`. */
export const helpEntries: Readonly<Record<string, HelpEntry>> = {
	'': {
		examples: ['dragoman serve', 'dragoman chat', 'dragoman doctor'],
		page: 'commands.md',
	},
	serve: {
		examples: ['dragoman serve', 'dragoman serve --config dragoman.yaml --listen 0.0.0.0:8080'],
		page: 'commands.md#dragoman-serve',
	},
	engine: {
		examples: ['dragoman engine --model qwen3-0.6b --listen 127.0.0.1:8081'],
		page: 'commands.md#dragoman-engine',
	},
	'engine install': {
		examples: ['dragoman engine install', 'dragoman engine install cuda'],
		page: 'commands.md#dragoman-engine-install',
	},
	keys: {
		examples: ['dragoman keys create --name laptop', 'dragoman keys list', 'dragoman keys revoke laptop'],
		page: 'keys.md',
	},
	'keys create': {
		examples: [
			'dragoman keys create --name laptop',
			'dragoman keys create --name ci --expires 30d',
			'dragoman keys create --name ada --tenant research --owner ada',
		],
		page: 'keys.md',
	},
	'keys list': { examples: ['dragoman keys list', 'dragoman keys list --json'], page: 'keys.md' },
	'keys revoke': { examples: ['dragoman keys revoke laptop'], page: 'keys.md' },
	usage: {
		examples: [
			'dragoman usage',
			'dragoman usage --by key --from 2026-11-01 --to 2026-11-30',
			'dragoman usage --by day,owner --json',
		],
		page: 'usage.md#reports',
	},
	'usage quarantine': {
		examples: ['dragoman usage quarantine', 'dragoman usage quarantine retry'],
		page: 'usage.md#records-that-the-database-refuses',
	},
	'usage quarantine list': {
		examples: ['dragoman usage quarantine list', 'dragoman usage quarantine list --json'],
		page: 'usage.md#records-that-the-database-refuses',
	},
	'usage quarantine retry': {
		examples: ['dragoman usage quarantine retry', 'dragoman usage quarantine retry ID'],
		page: 'usage.md#records-that-the-database-refuses',
	},
	'usage quarantine export': {
		examples: ['dragoman usage quarantine export'],
		page: 'usage.md#records-that-the-database-refuses',
	},
	models: {
		examples: ['dragoman models list', 'dragoman models pull qwen2.5-coder-0.5b'],
		page: 'commands.md#dragoman-models-pull--list--show--remove',
	},
	'models pull': {
		examples: [
			'dragoman models pull',
			'dragoman models pull qwen3-0.6b',
			'dragoman models pull hf:Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf',
		],
		page: 'commands.md#dragoman-models-pull--list--show--remove',
	},
	'models list': {
		examples: ['dragoman models list', 'dragoman models list --json'],
		page: 'commands.md#dragoman-models-pull--list--show--remove',
	},
	'models show': {
		examples: ['dragoman models show smollm2-135m', 'dragoman models show smollm2-135m --json'],
		page: 'commands.md#dragoman-models-pull--list--show--remove',
	},
	'models remove': {
		examples: ['dragoman models remove qwen3-0.6b'],
		page: 'commands.md#dragoman-models-pull--list--show--remove',
	},
	migrate: { examples: ['dragoman migrate --config dragoman.yaml'], page: 'database.md' },
	copy: {
		examples: [
			`dragoman copy --from sqlite:.dragoman/dragoman.sqlite --to 'postgres://ada:\${PASSWORD}@127.0.0.1/dragoman'`,
		],
		page: 'database.md',
	},
	backup: {
		examples: ['dragoman backup /backup/dragoman.sqlite', 'dragoman backup /backup/dragoman.sqlite --force'],
		page: 'backup.md#dragoman-backup',
	},
	restore: {
		examples: ['dragoman restore /backup/dragoman.sqlite', 'dragoman restore /backup/dragoman.sqlite --replace'],
		page: 'backup.md#dragoman-restore',
	},
	config: {
		examples: ['dragoman config check --online', 'dragoman config schema'],
		page: 'configuration.md',
	},
	'config check': {
		examples: ['dragoman config check --config dragoman.yaml', 'dragoman config check --online'],
		page: 'commands.md#dragoman-config-check--schema--import',
	},
	'config schema': {
		examples: ['dragoman config schema > dragoman.schema.json'],
		page: 'commands.md#dragoman-config-check--schema--import',
	},
	'config import': {
		examples: ['dragoman config import litellm config.yaml > dragoman.yaml'],
		page: 'commands.md#dragoman-config-check--schema--import',
	},
	doctor: { examples: ['dragoman doctor', 'dragoman doctor --json'], page: 'commands.md#dragoman-doctor' },
	run: {
		examples: [
			'dragoman run smollm2-135m "What is the capital of France?"',
			'git diff | dragoman run smollm2-135m "Describe this change:"',
			'dragoman run smollm2-135m --as anthropic --json "Hello"',
		],
		page: 'commands.md#dragoman-run',
	},
	chat: {
		examples: ['dragoman chat', 'dragoman chat smollm2-135m --system "Be brief."'],
		page: 'commands.md#dragoman-chat',
	},
	init: {
		examples: ['dragoman init', 'dragoman init --yes --server http://10.0.0.5:8000'],
		page: 'commands.md#dragoman-init',
	},
	launch: {
		examples: ['dragoman launch codex', 'dragoman launch claude --model qwen3 -- --continue'],
		page: 'commands.md#dragoman-launch',
	},
	status: { examples: ['dragoman status', 'dragoman status --json'], page: 'commands.md#dragoman-status' },
	completion: {
		examples: [
			'source <(dragoman completion bash)',
			'source <(dragoman completion zsh)',
			'dragoman completion fish | source',
		],
		page: 'commands.md#dragoman-completion',
	},
}

/** Adds it to a command and its subcommands. @param words after `dragoman`. */
export function addHelpTexts(command: Command, words: readonly string[] = []): void {
	const entry = helpEntries[words.join(' ')]
	if (entry !== undefined) command.addHelpText('after', writeHelp(entry))
	for (const child of command.commands) addHelpTexts(child, [...words, child.name()])
}

function writeHelp({ examples, page }: HelpEntry): string {
	return [
		'',
		'Examples:',
		...examples.map((example) => `  ${example}`),
		'',
		`Documentation: ${join(packageFolder, 'docs', page)}`,
	].join('\n')
}
