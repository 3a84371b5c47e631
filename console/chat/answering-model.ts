// Which model answered: not always the requested one, which may be an alias, or have been replaced while it was downloaded.

import { toyModelId } from '../../src/weights/catalogue.ts'
import type { PageTurn } from '../state/turn-tree.ts'

export const answeringModel = ({ answer, model }: PageTurn): string => answer.model.value ?? model

/** Whether the toy model answered instead of the requested one, or as requested. */
export const isByToy = (turn: PageTurn): boolean => answeringModel(turn) === toyModelId

/** Whether it did instead of the requested one: the server uses it while it downloads its default model. */
export const isReplacedByToy = (turn: PageTurn): boolean => isByToy(turn) && turn.model !== toyModelId
