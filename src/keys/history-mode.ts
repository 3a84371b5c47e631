// Whether the keys of an application store conversations by `user` and `id`. The former spelling is still accepted.

/** `user-id`: the `user` and `id` of a chat request identify a stored conversation. */
export type HistoryMode = 'user-id' | 'none'

export const historyModes = ['user-id', 'none'] as const satisfies readonly HistoryMode[]

/** The spelling of `user-id` in earlier versions, in commands and in stored keys. */
export const formerUserIdMode = 'albert'
