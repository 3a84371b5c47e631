// The length of the texts that conversations are searched for.

/** Characters of a search text; longer ones are refused. */
export const maxSearchCharacters = 200
