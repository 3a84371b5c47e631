// Selects the text of a turn: on a touch screen a long press opens the turn's menu instead.

export function selectTurn(turn: Element | null | undefined): void {
	const body = turn?.querySelector('.body')
	if (body == null) return
	body.classList.add('selectable')
	getSelection()?.selectAllChildren(body)
}
