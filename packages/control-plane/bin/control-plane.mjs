#!/usr/bin/env node
// The command `control-plane` on any Node from 18 on: finds Node 24, or brings it, and hands over to it.
import { become, controlPlaneArgs, runMain } from './launch.mjs';
import { ensureNode } from './toolchain.mjs';

runMain(async () => become(await ensureNode(), controlPlaneArgs(process.argv.slice(2))));
