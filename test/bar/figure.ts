/** One promise with the figure that was measured for it. `met` is `not run` where what it needs is absent. */
export type Figure = { name: string; target: string; measured: string; met: boolean | 'not run' };

/** Measures one family of promises. `short` is what `npm test` has time for; the long form may take minutes. */
export type Measure = (form: 'short' | 'long') => Promise<Figure[]>;
