// The style sheets that are not part of the first load. The first one is in the document.

/** Names of the files beside the scripts; the build defines them. */
declare const CONVERSATION_STYLES: string
declare const SCREEN_STYLES: string

const loading = new Map<string, Promise<void>>()

/** Of questions and answers. @throws Error if it cannot be loaded. */
export const loadConversationStyles = (): Promise<void> => loadStyles(CONVERSATION_STYLES)

/** Of everything that is loaded when it is needed. @throws Error if they cannot be loaded. */
export async function loadScreenStyles(): Promise<void> {
	// In this order: rules for turns on other screens replace those of the conversation.
	await Promise.all([loadStyles(CONVERSATION_STYLES), loadStyles(SCREEN_STYLES)])
}

/**
 * Adds a style sheet to the document once.
 *
 * @param name a file beside the scripts.
 * @throws Error if it cannot be loaded; a further call tries again.
 */
export function loadStyles(name: string): Promise<void> {
	const known = loading.get(name)
	if (known !== undefined) return known
	const link = document.createElement('link')
	const loaded = new Promise<void>((resolve, reject) => {
		link.rel = 'stylesheet'
		link.href = new URL(name, import.meta.url).href
		link.onload = () => resolve()
		link.onerror = () => {
			loading.delete(name)
			link.remove()
			reject(new Error(`The style sheet ${name} cannot be loaded.`))
		}
		document.head.append(link)
	})
	loading.set(name, loaded)
	return loaded
}
