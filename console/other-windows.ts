// What this window and the other ones of the browser know of each other: what is on screen, which answers are ready, and what was
// deleted. Loaded after the page; what they say about one conversation is `ConversationChannel`'s.

import { followDeletionsElsewhere } from './sidebar/deletions-elsewhere.ts'
import { followReadyAnswers } from './state/answer-notifications.ts'
import { followWindows } from './state/seen-elsewhere.ts'

export function followOtherWindows(): void {
	followWindows()
	followReadyAnswers()
	followDeletionsElsewhere()
}
