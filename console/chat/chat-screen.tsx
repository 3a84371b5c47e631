// The screen of one conversation: top bar, turns, composer.

import { Plus } from 'lucide'
import { useEffect } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { ChatPanel } from '../panels/chat-panel.tsx'
import { explain } from '../parts/attempt.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { Notice } from '../parts/notice.tsx'
import { SidebarOpener } from '../sidebar/sidebar-opener.tsx'
import type { Chat } from '../state/chat.ts'
import { addressOf, messageInAddress, navigate } from '../state/route.ts'
import { session } from '../state/session.ts'
import { sidePanel } from '../state/side-panel.ts'
import { titleInList, titleOf } from '../state/title.ts'
import { nameOf } from '../state/turn-tree.ts'
import { Announcer } from './announcer.tsx'
import { BarTitle } from './bar-title.tsx'
import { listenForKeys } from './chat-keys.ts'
import { Composer } from './composer.tsx'
import { laterViews } from './later-views.ts'
import { ModelPicker } from './model-picker.tsx'
import { PanelButtons } from './panel-buttons.tsx'
import { QueuedQuestions } from './queued-questions.tsx'
import { StatusLine } from './status-line.tsx'
import { Talk } from './talk.tsx'

export function ChatScreen({ chat }: { readonly chat: Chat }) {
	const words = text.value
	const state = chat.state.value
	const Starters = laterViews.value?.Starters
	useEffect(() => listenForKeys(chat), [chat])
	useEffect(() => {
		const show = () => {
			const message = messageInAddress()
			if (message !== undefined) chat.showMessage(message)
		}
		window.addEventListener('hashchange', show)
		return () => window.removeEventListener('hashchange', show)
	}, [chat])
	const first = chat.path.value[0]?.question
	const isNew = state.type === 'new' && chat.path.value.length === 0
	const title = titleInList(chat.id.value) ?? (first === undefined ? words.newChat : titleOf(nameOf(first)))
	return (
		<main id="content" class="main" tabIndex={-1}>
			<header class={`top-bar ${isNew || sidePanel.value !== undefined ? '' : 'over-text'}`}>
				<div>
					<SidebarOpener />
					<BarTitle key={chat.number} title={title} conversation={chat.id.value} />
				</div>
				<div>
					<ModelPicker />
				</div>
				<div>
					<PanelButtons conversation={chat.id.value} />
					<IconButton class="only-narrow" node={Plus} label={words.newChat} onClick={() => navigate({ name: 'new' })} />
				</div>
			</header>
			<div class="with-panel">
				<div class={`main-column ${isNew ? 'new' : ''}`}>
					{isNew && session.value.byLink && (
						<Notice isSilent kind="done">
							{words.signedInByLink}
						</Notice>
					)}
					{state.type === 'failed' ? (
						<div class="talk">
							<div class="greeting">
								<Notice
									kind="failure"
									actions={
										<a class="button small" href={addressOf({ name: 'new' })}>
											{words.newChat}
										</a>
									}
								>
									{explain(state.failure)}
								</Notice>
							</div>
						</div>
					) : (
						<Talk chat={chat} />
					)}
					{/* Without the conversation, a question could not be sent. */}
					<div class="dock" hidden={state.type === 'failed'}>
						<StatusLine chat={chat} />
						<QueuedQuestions chat={chat} />
						<Composer key={chat.number} chat={chat} />
						{isNew && <div class="starters">{Starters !== undefined && <Starters chat={chat} />}</div>}
					</div>
				</div>
				<ChatPanel chat={chat} />
			</div>
			<Announcer key={`announcer ${chat.number}`} chat={chat} />
		</main>
	)
}
