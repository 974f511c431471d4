import { ledgerContract } from './contract.ts';
import { makeHome, server } from './postgres-home.ts';

ledgerContract('Postgres', server ? makeHome : null);
