// The components that later-views.ts loads, as one script.

export { Starters } from './starters.tsx'
export { TalkRowView } from './talk-row-view.tsx'
