// The panel that is open beside a conversation. Each is loaded when it is first opened.

import { loaded } from '../parts/loaded.tsx'
import type { Chat } from '../state/chat.ts'
import { closePanel, sidePanel } from '../state/side-panel.ts'

const CodePanel = loaded(async () => (await import('./code-panel.tsx')).CodePanel, closePanel)
const ParametersPanel = loaded(async () => (await import('./parameters-panel.tsx')).ParametersPanel, closePanel)
const TreePanel = loaded(async () => (await import('./tree-panel.tsx')).TreePanel, closePanel)
const ToolsPanel = loaded(async () => (await import('./tools-panel.tsx')).ToolsPanel, closePanel)
const SchemaPanel = loaded(async () => (await import('./schema-panel.tsx')).SchemaPanel, closePanel)

export function ChatPanel({ chat }: { readonly chat: Chat }) {
	switch (sidePanel.value) {
		case undefined:
			return null
		case 'parameters':
			return <ParametersPanel options={chat.options} />
		case 'tools':
			return <ToolsPanel options={chat.options} />
		case 'schema':
			return <SchemaPanel chat={chat} />
		case 'code':
			return <CodePanel chat={chat} />
		case 'tree':
			return <TreePanel key={chat.number} chat={chat} />
	}
}
