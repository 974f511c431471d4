export { openTerminal, type TerminalOptions } from './open-terminal.ts';
