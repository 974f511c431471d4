/** The tool by which Claude Code asks the person in front of it. Without a terminal it takes the answers from its own input. */
const questionTool = 'AskUserQuestion';

interface Asked {
  questions?: { question?: unknown }[];
  answers?: unknown;
  annotations?: unknown;
}

/** The input as the model wrote it: answers are the person's to give, and come and go between the two doors of the gate. */
export function unanswered(tool: string, input: unknown): unknown {
  if (tool !== questionTool || typeof input !== 'object' || input === null) return input;
  const { answers: _answers, annotations: _annotations, ...asked } = input as Asked;
  return asked;
}

/** The input with what a person answered: by lines where there is one for each question, else the whole to each of them. */
export function answered(input: unknown, answer: string): Record<string, unknown> {
  const asked = unanswered(questionTool, input) as Asked;
  const questions = (asked.questions ?? []).map(({ question }) => String(question));
  const lines = answer.split('\n').filter((line) => line.trim() !== '');
  const each = questions.length > 1 && lines.length === questions.length ? lines : questions.map(() => answer);
  return { ...asked, answers: Object.fromEntries(questions.map((question, at) => [question, each[at] ?? answer])) };
}
