/** What the editor is opened with for a new task. */
export const newTaskText = `

<!--
The first line is the title, everything below it the description. What stands in this comment is not taken along.
Leave the text empty and no task is made.
-->
`;

const longestTitle = 256;
const longestBody = 60_000;

/** Title and body of what was written, or why it makes no task. */
export function editedTask(text: string): { title: string; body: string } | { problem: string } {
  const lines = text
    .replace(/\r\n?/g, '\n')
    .replace(/<!--[\s\S]*?-->/g, '')
    .trim()
    .split('\n');
  const title = (lines[0] ?? '').replace(/^#+\s*/, '').trim();
  const body = lines.slice(1).join('\n').trim();
  if (title === '') return { problem: 'no task was made: the text is empty' };
  if (title.length > longestTitle)
    return { problem: `no task was made: the title has ${title.length} characters, ${longestTitle} are the most` };
  if (body.length > longestBody)
    return { problem: `no task was made: the description has ${body.length} characters, ${longestBody} are the most` };
  return { title, body };
}

/** `+a, -b c` → what is added and what is removed; a name may hold spaces. */
export function parseLabels(text: string): { add: string[]; remove: string[] } | { problem: string } {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const unclear = parts.find((part) => !/^[+-]\s*\S/.test(part));
  if (unclear !== undefined) return { problem: `expected +name or -name, got "${unclear}"` };
  const long = parts.find((part) => part.length > 51);
  if (long !== undefined) return { problem: `"${long.slice(1, 21)}…" is longer than the 50 characters that a label may have` };
  const named = (sign: string) => [...new Set(parts.filter((part) => part.startsWith(sign)).map((part) => part.slice(1).trim()))];
  const [add, remove] = [named('+'), named('-')];
  if (add.length + remove.length === 0) return { problem: 'write for example: +priority:high, -priority:low' };
  if (add.length > 20 || remove.length > 20) return { problem: 'at most 20 labels at once' };
  return { add, remove };
}
