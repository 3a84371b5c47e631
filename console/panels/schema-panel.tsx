// The JSON schema of a conversation's answers.

import { useState } from 'preact/hooks'
import { text } from '../languages/all-sentences.ts'
import { SidePanel } from '../parts/side-panel.tsx'
import type { Chat } from '../state/chat.ts'
import type { ConversationOptions } from '../state/request-options.ts'
import { emptySchema } from '../state/schema-rows.ts'
import { SchemaForm } from './schema-form.tsx'

export function SchemaPanel({ chat }: { readonly chat: Pick<Chat, 'number' | 'options'> }) {
	return (
		<SidePanel title={text.value.jsonSchema}>
			<SchemaOptions key={chat.number} options={chat.options} />
		</SidePanel>
	)
}

function SchemaOptions({ options }: { readonly options: ConversationOptions }) {
	const words = text.value
	const { schema } = options.value.value
	// What was written remains while the mode is off.
	const [draft, setDraft] = useState<unknown>(schema ?? emptySchema)
	return (
		<div class="panel-form">
			<p class="muted">{words.schemaHelp}</p>
			<label class="check">
				<input
					type="checkbox"
					checked={schema !== undefined}
					onChange={() => options.change({ schema: schema === undefined ? draft : undefined })}
				/>
				{words.answerAsJson}
			</label>
			<SchemaForm
				schema={draft}
				onChange={(changed) => {
					setDraft(changed)
					options.change({ schema: changed })
				}}
			/>
		</div>
	)
}
