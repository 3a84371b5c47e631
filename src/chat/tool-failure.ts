// How a failed tool is expressed where results are texts only.

/** Precedes the text of the result. Models notice it. */
export const failurePrefix = 'Error: '
