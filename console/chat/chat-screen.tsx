// The screen of one conversation: top bar, turns, composer.

import { Menu, SquarePen } from 'lucide'
import { text } from '../languages/languages.ts'
import { ChatPanel } from '../panels/chat-panel.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { Notice } from '../parts/notice.tsx'
import { type Chat, titleInList, titleOf } from '../state/chat.ts'
import { navigate } from '../state/route.ts'
import { sidebarOpen } from '../state/sidebar.ts'
import { Composer } from './composer.tsx'
import { ModelPicker } from './model-picker.tsx'
import { PanelButtons } from './panel-buttons.tsx'
import { StatusLine } from './status-line.tsx'
import { Talk } from './talk.tsx'

export function ChatScreen({ chat }: { readonly chat: Chat }) {
	const words = text.value
	const state = chat.state.value
	const first = chat.path.value[0]?.question.text
	const title = titleInList(chat.id.value) ?? (first === undefined ? words.newChat : titleOf(first))
	return (
		<main class="main">
			<header class="top-bar">
				<div>
					<IconButton
						class="only-narrow"
						node={Menu}
						label={words.menu}
						onClick={() => {
							sidebarOpen.value = true
						}}
					/>
					<h1 title={title}>{title}</h1>
				</div>
				<div>
					<ModelPicker />
				</div>
				<div>
					<PanelButtons />
					<IconButton
						class="only-narrow"
						node={SquarePen}
						label={words.newChat}
						onClick={() => navigate({ name: 'new' })}
					/>
				</div>
			</header>
			<div class="with-panel">
				<div class="main-column">
					{state.type === 'failed' ? (
						<div class="talk">
							<div class="greeting">
								<Notice kind="failure">{words.notFound}</Notice>
							</div>
						</div>
					) : (
						<Talk chat={chat} />
					)}
					<div class="dock">
						<StatusLine chat={chat} />
						<Composer key={chat.number} chat={chat} />
					</div>
				</div>
				<ChatPanel chat={chat} />
			</div>
		</main>
	)
}
