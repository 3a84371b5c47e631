// Tools that Anthropic's API defines by type and clients execute, described as functions so that any model can call
// them. Sources: the tools' input types in Anthropic's SDKs and the AI SDK.

import type { JsonObject } from '../../chat/json.ts'

export interface KnownTool {
	readonly description: string
	readonly parameters: JsonObject
}

/** @returns undefined for an unknown type, and for tools that run on Anthropic's servers. */
export function knownTool(type: string): KnownTool | undefined {
	const family = type.replace(/_\d{8}$/, '')
	return Object.hasOwn(known, family) ? known[family] : undefined
}

const text: JsonObject = { type: 'string' }
const lineRange: JsonObject = {
	type: 'array',
	items: { type: 'integer' },
	description: 'First and last line to show, counted from 1; -1 as the last line means the end of the file.',
}

const edits: JsonObject = {
	file_text: { ...text, description: 'Content of the file; for create.' },
	old_str: { ...text, description: 'Text to replace, which must occur exactly once in the file; for str_replace.' },
	new_str: { ...text, description: 'Replacement text; for str_replace.' },
	insert_line: {
		type: 'integer',
		description: 'Line number to insert after, 0 for the beginning of the file; for insert.',
	},
	insert_text: { ...text, description: 'Text to insert; for insert.' },
	view_range: lineRange,
}

const known: Readonly<Record<string, KnownTool>> = {
	bash: {
		description: 'Runs a command in a bash session that preserves its state between calls.',
		parameters: {
			type: 'object',
			properties: {
				command: { ...text, description: 'The command to run; required unless restart is true.' },
				restart: { type: 'boolean', description: 'Start a new session.' },
			},
		},
	},
	text_editor: {
		description: 'Views, creates and edits text files.',
		parameters: {
			type: 'object',
			properties: {
				command: { ...text, enum: ['view', 'create', 'str_replace', 'insert'] },
				path: { ...text, description: 'Absolute path of a file, or of a directory to view.' },
				...edits,
			},
			required: ['command', 'path'],
		},
	},
	memory: {
		description: 'Stores notes in files under /memories, which persist across conversations.',
		parameters: {
			type: 'object',
			properties: {
				command: { ...text, enum: ['view', 'create', 'str_replace', 'insert', 'delete', 'rename'] },
				path: { ...text, description: 'Path under /memories; for all commands except rename.' },
				...edits,
				old_path: { ...text, description: 'For rename.' },
				new_path: { ...text, description: 'For rename.' },
			},
			required: ['command'],
		},
	},
}
