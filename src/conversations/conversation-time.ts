// The times by which lists of conversations are ordered.

export const conversationTimes = ['created_at', 'updated_at'] as const
export type ConversationTime = (typeof conversationTimes)[number]
