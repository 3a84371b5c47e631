// The tools that a person has described, on this device. The page runs no code: a person answers the calls.

import { signal } from '@preact/signals'
import { thisDevice } from './storage.ts'

export interface FunctionTool {
	readonly name: string
	readonly description: string
	/** A JSON schema of type `object`. */
	readonly parameters: unknown
}

/** Names of functions, as the dialects define them. */
export const isToolName = (name: string): boolean => /^[A-Za-z0-9_-]{1,64}$/.test(name)

export const savedTools = signal<readonly FunctionTool[]>(readStored())

/** Adds the tool, or replaces the one that had the former name. */
export function saveTool(tool: FunctionTool, former?: string): void {
	const others = savedTools.value.filter(({ name }) => name !== tool.name && name !== former)
	store([...others, tool].sort((first, second) => (first.name < second.name ? -1 : 1)))
}

export const deleteTool = (name: string): void => store(savedTools.value.filter((tool) => tool.name !== name))

function store(tools: readonly FunctionTool[]): void {
	savedTools.value = tools
	thisDevice.write('tools', JSON.stringify(tools))
}

function readStored(): readonly FunctionTool[] {
	try {
		const stored: unknown = JSON.parse(thisDevice.read('tools') ?? '[]')
		return Array.isArray(stored) ? stored.filter(isTool) : []
	} catch {
		return []
	}
}

function isTool(value: unknown): value is FunctionTool {
	if (typeof value !== 'object' || value === null || !('name' in value) || !('description' in value)) return false
	return typeof value.name === 'string' && isToolName(value.name) && typeof value.description === 'string'
}
