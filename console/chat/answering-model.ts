// Which model answered: not always the requested one, which may be an alias, or have been replaced while it was downloaded.

import type { PageTurn } from '../state/turn-tree.ts'

/** The model that the server uses while it downloads its default model, by its id in the server's catalogue. */
export const toyModelId = 'tiny-chat'

export const answeringModel = ({ answer, model }: PageTurn): string => answer.model.value ?? model

/** Whether the toy model answered instead of the requested one, or as requested. */
export const isByToy = (turn: PageTurn): boolean => answeringModel(turn) === toyModelId
