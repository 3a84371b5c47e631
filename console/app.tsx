// The page: sign-in, or the frame with the sidebar and the screen of the address.

import { useEffect, useMemo } from 'preact/hooks'
import { ChatScreen } from './chat/chat-screen.tsx'
import { composerId } from './chat/composer.tsx'
import { text } from './languages/languages.ts'
import { NewVersion } from './new-version.tsx'
import { listenForPageKeys } from './page-keys.ts'
import { loaded } from './parts/loaded.tsx'
import { Toast } from './parts/toast.tsx'
import { resumeDeletions } from './sidebar/delete-conversations.ts'
import { LibraryDialogs } from './sidebar/library-dialogs.tsx'
import { Sidebar } from './sidebar/sidebar.tsx'
import { notedBranches } from './state/branch-deletions.ts'
import { Chat } from './state/chat.ts'
import { forgetConversations } from './state/conversation-list.ts'
import { loadLists } from './state/first-load.ts'
import { sendOutbox } from './state/outbox-sender.ts'
import { readyCount } from './state/ready-answers.ts'
import { type HeldChat, retainChat, takeRetainedChat } from './state/retained-chat.ts'
import { hasMessageBox, newChats, route } from './state/route.ts'
import { pageTitle, serviceKnown, serviceName } from './state/service.ts'
import { session } from './state/session.ts'
import { sidebarHidden } from './state/sidebar.ts'
import { titleInList } from './state/title.ts'

const SignIn = loaded(async () => {
	// The form would move if a notice arrived beside it.
	const [{ SignIn: Screen }] = await Promise.all([import('./sign-in.tsx'), serviceKnown()])
	return Screen
})
const SessionEnded = loaded(async () => (await import('./session-ended.tsx')).SessionEnded)
const ConsoleScreen = loaded(async () => (await import('./console-screen.tsx')).ConsoleScreen)
const SharedScreen = loaded(async () => (await import('./share/shared-screen.tsx')).SharedScreen)
const SettingsScreen = loaded(async () => (await import('./settings/settings-screen.tsx')).SettingsScreen)
const CompareScreen = loaded(async () => (await import('./compare/compare-screen.tsx')).CompareScreen)

export function App() {
	const { key, rejected } = session.value
	const words = text.value
	useEffect(() => {
		document.documentElement.lang = words.tag
	}, [words])
	useEffect(() => {
		if (key === '') {
			forgetConversations()
			retainChat({})
			return undefined
		}
		const ending = new AbortController()
		resumeDeletions()
		if (notedBranches().length > 0)
			import('./chat/delete-branch.ts').then(
				({ resumeBranchDeletions }) => resumeBranchDeletions(),
				// Their notes remain for the next visit.
				() => undefined,
			)
		loadLists(ending.signal)
		sendOutbox(route.peek())
		return () => ending.abort()
	}, [key])
	useEffect(() => (key === '' ? undefined : listenForPageKeys()), [key])
	if (key === '')
		return (
			<>
				<SignIn />
				<NewVersion />
				<Toast />
			</>
		)
	return (
		<>
			<SkipLink />
			<div class={`frame ${sidebarHidden.value ? 'without-sidebar' : ''}`}>
				<Sidebar />
				<RoutedScreen />
			</div>
			<LibraryDialogs />
			{rejected && <SessionEnded />}
			<NewVersion />
			<Toast />
		</>
	)
}

function RoutedScreen() {
	const shown = route.value
	switch (shown.name) {
		case 'share':
			return <SharedScreen id={shown.id} />
		case 'console':
			return <ConsoleScreen screen={shown.screen} />
		case 'compare':
			return <CompareScreen id={shown.id} />
		case 'new':
		case 'conversation':
			return <ConversationScreen />
		case 'settings':
			return <SettingsScreen to={shown} />
	}
	shown satisfies never
}

function ConversationScreen() {
	const shown = route.value
	const id = shown.name === 'conversation' ? shown.id : undefined
	const chat = useChat(id, newChats.value)
	const title = titleInList(chat.id.value)
	useEffect(() => {
		document.title = readyCount.value + pageTitle(title)
	}, [title, readyCount.value, serviceName.value])
	return <ChatScreen chat={chat} />
}

/**
 * The conversation of the address. A new one gets its address without being opened anew; until then, another new chat has the
 * same address.
 */
function useChat(id: string | undefined, count: number): Chat {
	const holder = useMemo<HeldChat>(takeRetainedChat, [])
	useEffect(() => () => retainChat(holder), [holder])
	const { chat } = holder
	const isAnother = id === undefined && holder.count !== count && chat?.tree.peek().all.length !== 0
	holder.count = count
	if (chat !== undefined && chat.id.peek() === id && !isAnother) return chat
	chat?.close()
	holder.chat = new Chat(id)
	return holder.chat
}

/** Leads to the message box, or to the content of a screen that has none. */
function SkipLink() {
	const words = text.value
	const hasComposer = hasMessageBox(route.value)
	const target = hasComposer ? composerId : contentId
	return (
		<a
			class="skip-link"
			href={`#${target}`}
			onClick={(event) => {
				event.preventDefault()
				const element = document.getElementById(target)
				const isShown = element?.checkVisibility() === true
				;(isShown ? element : document.getElementById(contentId))?.focus()
			}}
		>
			{hasComposer ? words.skipToMessage : words.skipToContent}
		</a>
	)
}

/** Of the main element on screens without a message box. */
const contentId = 'content'
