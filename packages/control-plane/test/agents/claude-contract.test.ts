import { createClaudeAdapter } from '../../src/engine/agents/claude/claude.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { adapterContract } from './adapter-contract.ts';
import { type StepModel, startStepModel } from './step-model.ts';

let model: StepModel;

adapterContract('the Claude adapter', {
  makeAdapter: () => createClaudeAdapter({ clock: systemClock }),
  async setUp() {
    model = await startStepModel();
    return { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: 'dummy', CLAUDE_CODE_MAX_RETRIES: '2' };
  },
  tearDown: () => model.stop(),
});
