#!/usr/bin/env node
import { readdir, readFile } from 'node:fs/promises';
import type { Command } from './commands/command.ts';

const [name, file, ...options] = process.argv.slice(2);
const commands = await loadCommands();
const command = commands.find((each) => each.name === name);

if (!command || !file) {
  console.error('Usage: textkit COMMAND FILE\n');
  for (const each of commands) console.error(`  ${each.name.padEnd(14)} ${each.summary}`);
  process.exitCode = 2;
} else {
  console.log(command.run(await readFile(file, 'utf8'), options));
}

async function loadCommands(): Promise<Command[]> {
  const folder = new URL('commands/', import.meta.url);
  const files = (await readdir(folder)).filter((each) => each.endsWith('.ts') && each !== 'command.ts').sort();
  return Promise.all(files.map(async (each) => ((await import(new URL(each, folder).href)) as { command: Command }).command));
}
