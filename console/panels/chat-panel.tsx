// The panel that is open beside a conversation.

import type { Chat } from '../state/chat.ts'
import { sidePanel } from '../state/side-panel.ts'
import { loaded } from './loaded.tsx'
import { ParametersPanel } from './parameters-panel.tsx'
import { TreePanel } from './tree-panel.tsx'

const CodePanel = loaded(async () => (await import('./code-panel.tsx')).CodePanel)

const ToolsPanel = loaded(async () => (await import('./tools-panel.tsx')).ToolsPanel)
const SchemaPanel = loaded(async () => (await import('./schema-panel.tsx')).SchemaPanel)

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
