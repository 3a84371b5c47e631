// How many members the text of a large object has, counted by the parser. Object.keys lists 100,000 names that are numbers in a
// quarter of a second, in one piece, so that even refusing such an object would occupy the event loop. It does not know the bounds.

const counts = new WeakMap<object, number>()

/** Objects with fewer members are not counted. */
const least = 1000

/** @param count including repeated names. */
export function noteMembers(object: object, count: number): void {
	if (count >= least) counts.set(object, count)
}

/** The number of members in the text of an object that has many, including repeated names; undefined if it was not counted. */
export function notedMembers(object: object): number | undefined {
	return counts.get(object)
}
