/** The order of texts in a language: below 0, 0 for texts that it does not tell apart, above 0. */
export type Collation = (a: string, b: string) => number;
