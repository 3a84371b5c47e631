// The tools that a person has described, on this device. The page runs no code: a person answers the calls.

import { signal } from '@preact/signals'
import { followDevice, thisDevice } from './storage.ts'

export interface FunctionTool {
	readonly name: string
	readonly description: string
	/** A JSON schema of type `object`. */
	readonly parameters: unknown
}

/** Names of functions, as the dialects define them. */
export const isToolName = (name: string): boolean => /^[A-Za-z0-9_-]{1,64}$/.test(name)

export const savedTools = signal<readonly FunctionTool[]>(readStored())

export interface ToolDraft {
	readonly tool: FunctionTool
	/** The name of the saved tool that it changes; empty for a new one. */
	readonly former: string
}

/**
 * The tool that a person describes and has not saved yet. It remains while another panel is open; parameters without a name, and
 * text that is no JSON, are not part of it.
 */
export const toolDraft = signal<ToolDraft | undefined>(undefined)

export const editTool = (tool: FunctionTool): void => {
	toolDraft.value = { tool, former: tool.name }
}

/** Adds the tool, or replaces the one that had the former name. */
export function saveTool(tool: FunctionTool, former?: string): void {
	const others = savedTools.value.filter(({ name }) => name !== tool.name && name !== former)
	store(sorted([...others, tool]))
}

/** Adds the tools, or replaces those of the same names. @returns false if the browser has no room for them. */
export function saveTools(tools: readonly FunctionTool[]): boolean {
	const byName = new Map([...savedTools.value, ...tools].map((tool) => [tool.name, tool]))
	return store(sorted([...byName.values()]))
}

/** Follows changes in other tabs, also those since this page was loaded. */
export function followTools(): void {
	const read = () => {
		savedTools.value = readStored()
	}
	followDevice('tools', read)
	read()
}

export const deleteTool = (name: string): void => {
	store(savedTools.value.filter((tool) => tool.name !== name))
}

const sorted = (tools: readonly FunctionTool[]): readonly FunctionTool[] =>
	tools.toSorted((first, second) => (first.name < second.name ? -1 : 1))

/** @returns whether the browser stored them. They are used until the page is closed in any case. */
function store(tools: readonly FunctionTool[]): boolean {
	savedTools.value = tools
	return thisDevice.write('tools', JSON.stringify(tools))
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
