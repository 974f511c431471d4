export { type ClaudeAdapterOptions, createClaudeAdapter } from './claude/claude.ts';
