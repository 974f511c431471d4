import { configureGlobal } from 'fast-check';

/** Properties try the same values each time, so that a red gate is red for whoever looks; DECREE_SEED tries others. */
configureGlobal({ seed: Number(process.env.DECREE_SEED ?? 1) });
