// Circles of a directed graph: its strongly connected components of more than one node (Tarjan 1972).

/** The nodes of each circle, sorted. */
export function findCircles(graph: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
	const order = new Map<string, number>()
	const lowest = new Map<string, number>()
	const stack: string[] = []
	const circles: string[][] = []

	const visit = (node: string): number => {
		const own = order.size
		order.set(node, own)
		lowest.set(node, own)
		stack.push(node)
		let low = own
		for (const next of graph.get(node) ?? [])
			if (!order.has(next)) low = Math.min(low, visit(next))
			else if (stack.includes(next)) low = Math.min(low, order.get(next) ?? own)
		lowest.set(node, low)
		if (low === own) {
			const component = stack.splice(stack.indexOf(node))
			if (component.length > 1) circles.push(component.toSorted())
		}
		return low
	}
	for (const node of graph.keys()) if (!order.has(node)) visit(node)
	return circles
}
