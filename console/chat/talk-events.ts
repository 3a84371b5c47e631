// Events that other parts dispatch at the box that scrolls the conversation.

/** With the id of a turn that must be in the document. */
export const revealEvent = 'dragoman-reveal'

/** Before a change after which the box does not scroll by itself. */
export const keepPositionEvent = 'dragoman-keep-position'
