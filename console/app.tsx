// The page: sign-in, or the frame with the sidebar and the screen of the address.

import { useEffect, useMemo } from 'preact/hooks'
import { ChatScreen } from './chat/chat-screen.tsx'
import { composerId } from './chat/composer.tsx'
import { text } from './languages/languages.ts'
import { loaded } from './panels/loaded.tsx'
import { Toast } from './parts/toast.tsx'
import { SessionEnded } from './session-ended.tsx'
import { Sidebar } from './sidebar/sidebar.tsx'
import { SignIn } from './sign-in.tsx'
import { Chat, titleInList } from './state/chat.ts'
import { forgetConversations, loadConversations } from './state/conversation-list.ts'
import { loadModels, models } from './state/models.ts'
import { navigate, route } from './state/route.ts'
import { session } from './state/session.ts'
import { togglePanel } from './state/side-panel.ts'

const CompareScreen = loaded(async () => (await import('./compare/compare-screen.tsx')).CompareScreen)

export function App() {
	const { key, rejected } = session.value
	const words = text.value
	useEffect(() => {
		document.documentElement.lang = words.tag
	}, [words])
	useEffect(() => {
		if (key === '') return forgetConversations
		void loadConversations().catch(() => undefined)
		if (models.value === undefined) void loadModels().catch(() => undefined)
		return undefined
	}, [key])
	useEffect(() => {
		window.addEventListener('keydown', handleShortcut)
		return () => window.removeEventListener('keydown', handleShortcut)
	}, [])
	if (key === '') return <SignIn />
	return (
		<>
			<a class="skip-link" href={`#${composerId}`} onClick={focusComposer}>
				{words.skipToMessage}
			</a>
			<div class="frame">
				<Sidebar />
				<Screen />
			</div>
			{rejected && <SessionEnded />}
			<Toast />
		</>
	)
}

function Screen() {
	const shown = route.value
	return shown.name === 'compare' ? <CompareScreen id={shown.id} /> : <ConversationScreen />
}

function ConversationScreen() {
	const shown = route.value
	const id = shown.name === 'conversation' ? shown.id : undefined
	const chat = useChat(id)
	const title = titleInList(chat.id.value)
	useEffect(() => {
		document.title = title === undefined ? 'Dragoman' : `${title} · Dragoman`
	}, [title])
	return <ChatScreen chat={chat} />
}

/** The conversation of the address. A new one gets its address without being opened anew. */
function useChat(id: string | undefined): Chat {
	const holder = useMemo<{ chat?: Chat }>(() => ({}), [])
	if (holder.chat === undefined || holder.chat.id.peek() !== id) {
		holder.chat?.close()
		holder.chat = new Chat(id)
	}
	return holder.chat
}

function focusComposer(event: MouseEvent): void {
	event.preventDefault()
	document.getElementById(composerId)?.focus()
}

/** Shortcuts that work on every screen. */
function handleShortcut(event: KeyboardEvent): void {
	if (event.altKey && event.code === 'KeyN') {
		event.preventDefault()
		navigate({ name: 'new' })
		document.getElementById(composerId)?.focus()
	}
	if (!event.ctrlKey && !event.metaKey) return
	if (event.code === 'Comma') {
		event.preventDefault()
		document.querySelector<HTMLButtonElement>('.main .model-button')?.click()
		return
	}
	if (event.shiftKey && event.code === 'KeyM') {
		event.preventDefault()
		navigate({ name: 'compare', id: undefined })
		return
	}
	const panel = event.code === 'Period' ? 'parameters' : event.shiftKey && event.code === 'KeyK' ? 'code' : undefined
	if (panel === undefined) return
	event.preventDefault()
	togglePanel(panel)
}
