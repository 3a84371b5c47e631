// How a failed tool is expressed on wires whose results are only text.

/** Precedes the text of the result. Models notice it. */
export const failurePrefix = 'Error: '
