// Tools that Anthropic's API defines by a type and its clients carry out: what a model must know to call them, as functions. Sources: the
// tools' inputs as Anthropic's SDKs and the AI SDK type them.

import type { JsonObject } from '../../chat/json.ts'

export interface KnownTool {
	readonly description: string
	readonly parameters: JsonObject
}

/** @returns undefined for a type that is not known, or that runs on Anthropic's own servers. */
export function knownTool(type: string): KnownTool | undefined {
	const family = type.replace(/_\d{8}$/, '')
	return Object.hasOwn(known, family) ? known[family] : undefined
}

const text: JsonObject = { type: 'string' }
const lineRange: JsonObject = {
	type: 'array',
	items: { type: 'integer' },
	description: 'First and last line to show, counted from 1; -1 as the last stands for the end of the file.',
}

const edits: JsonObject = {
	file_text: { ...text, description: 'Content of the file; for create.' },
	old_str: { ...text, description: 'Text to replace, which must stand in the file once; for str_replace.' },
	new_str: { ...text, description: 'Text to put in its place; for str_replace.' },
	insert_line: { type: 'integer', description: 'Line to insert behind, 0 for the beginning; for insert.' },
	insert_text: { ...text, description: 'Text to put there; for insert.' },
	view_range: lineRange,
}

const known: Readonly<Record<string, KnownTool>> = {
	bash: {
		description: 'Runs a command in a bash session that keeps its state from call to call.',
		parameters: {
			type: 'object',
			properties: {
				command: { ...text, description: 'The command to run; needed unless restart is true.' },
				restart: { type: 'boolean', description: 'Begin a new session.' },
			},
		},
	},
	text_editor: {
		description: 'Views, creates and edits text files.',
		parameters: {
			type: 'object',
			properties: {
				command: { ...text, enum: ['view', 'create', 'str_replace', 'insert'] },
				path: { ...text, description: 'Absolute path of a file, or of a folder to view.' },
				...edits,
			},
			required: ['command', 'path'],
		},
	},
	memory: {
		description: 'Keeps notes in files below /memories, which last from one conversation to the next.',
		parameters: {
			type: 'object',
			properties: {
				command: { ...text, enum: ['view', 'create', 'str_replace', 'insert', 'delete', 'rename'] },
				path: { ...text, description: 'Path below /memories; for all commands but rename.' },
				...edits,
				old_path: { ...text, description: 'For rename.' },
				new_path: { ...text, description: 'For rename.' },
			},
			required: ['command'],
		},
	},
}
