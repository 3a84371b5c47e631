// What this window and the other ones of the browser know of each other: what is on screen, which answers are ready, what was
// deleted, and what a person chose. Loaded after the page; what they say about one conversation is `ConversationChannel`'s.

import { followDeletionsElsewhere } from './sidebar/deletions-elsewhere.ts'
import { followReadyAnswers } from './state/answer-notifications.ts'
import { followTools } from './state/function-tools.ts'
import { followWindows } from './state/seen-elsewhere.ts'
import { followSettings } from './state/settings.ts'

export function followOtherWindows(): void {
	followWindows()
	followReadyAnswers()
	followDeletionsElsewhere()
	followSettings()
	followTools()
}
