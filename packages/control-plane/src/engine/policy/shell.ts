import type { CommandAnalysis } from '@decree/contracts';
import { type Command, parse, type SyntaxNode, type Word } from 'unbash';
import { clip } from '../clip.ts';

/** Longer commands are not analysed. Bodies of issues and pull requests fit; larger ones come from a file (`-F body=@file`). */
export const maxCommandLength = 64 * 1024;

/** Openers beyond this are not parsed: the parser recurses on them, and no single literal command needs them unquoted. */
const maxOpeners = 200;

/**
 * Judges one shell command. `simple` means: bash would run exactly one program with exactly `argv`, whatever the
 * environment, the directory and the shell's state. Everything that is not understood to be so is `compound` or
 * `opaque`. The parser is not trusted alone: gaps between words must be blank, and the raw text of each word must
 * hold no character that could mean something (docs/guide/policy.md). Real bash is the oracle in the tests.
 */
export function analyseCommand(source: string): CommandAnalysis {
  if (source.trim() === '') return opaque('the command is empty');
  if (source.length > maxCommandLength) return opaque(`the command is longer than ${maxCommandLength} characters`);
  const unseen = unseenCharacter(source);
  if (unseen) return opaque(unseen);
  if ((source.match(/\$\(|<\(|>\(|\$\{|\(/g)?.length ?? 0) > maxOpeners && !parsesFlat(source))
    return opaque('it nests too deep');
  let script: ReturnType<typeof parse>;
  try {
    script = parse(source);
  } catch (error) {
    return opaque(`it cannot be parsed: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (script.errors?.length) return opaque(`it does not parse as bash: ${script.errors[0]?.message}`);
  if (script.commands.length !== 1) return compound(`${script.commands.length} commands`);
  const statement = script.commands[0];
  if (!statement) return opaque('the command is empty');
  if (statement.background) return compound('operator &');
  const node = statement.command;
  if (node.type !== 'Command') return compound(constructName(node));
  return readCommand(source, node);
}

function readCommand(source: string, command: Command): CommandAnalysis {
  if (command.redirects.length > 0) return compound(`redirect ${command.redirects[0]?.operator ?? ''}`.trim());
  if (command.prefix.length > 0) return opaque('a variable assignment before the command');
  if (!command.name) return opaque('there is no program');
  const words: Word[] = [command.name];
  for (const argument of command.args) {
    if (argument.type !== 'Word') return opaque(`the assignment ${clip(argument.text, 60)}`);
    words.push(argument);
  }
  const argv: string[] = [];
  let end = 0;
  for (const word of words) {
    const gap = blankProblem(source.slice(end, word.pos));
    if (gap) return gap;
    const problem = wordProblem(word);
    if (problem) return opaque(`${problem} in ${clip(word.text, 60)}`);
    argv.push(word.value);
    end = word.end;
  }
  // A backslash at the very end would join whatever the agent's harness puts behind the command.
  if (source.slice(end).includes('\\')) return opaque('a trailing backslash');
  const tail = blankProblem(source.slice(end));
  if (tail) return tail;
  if (argv[0] === '') return opaque('the program has no name');
  return { verdict: 'simple', argv };
}

/** Between words: blanks, and a backslash that joins two lines. A newline there is harmless only at the very ends. */
function blankProblem(gap: string): CommandAnalysis | undefined {
  const rest = gap.replaceAll('\\\n', '').trim();
  if (rest === '') return undefined;
  if (rest.startsWith('#')) return opaque('a comment');
  return compound(`operator ${clip(rest, 60)}`);
}

function wordProblem(word: Word): string | undefined {
  if (!word.parts) return unquotedProblem(word.text);
  let unquoted = '';
  for (const part of word.parts) {
    switch (part.type) {
      case 'Literal':
        unquoted += part.text;
        break;
      case 'SingleQuoted':
        unquoted += 'q';
        break;
      case 'DoubleQuoted': {
        unquoted += 'q';
        for (const child of part.parts) {
          if (child.type !== 'Literal') return partName(child.type);
          // The parser's own verdict is checked once more: an unescaped ` or $name would be an expansion.
          if (/(?<!\\)(?:\\\\)*(?:`|\$[A-Za-z0-9_({[@*#?$!'"-])/.test(child.text)) return 'an expansion';
        }
        break;
      }
      case 'AnsiCQuoted':
        // Other escapes make bytes that depend on the locale, or end the word early (\0).
        if (!/^\$'(?:[^\\']|\\[nt\\'"])*'$/.test(part.text)) return "an escape in $'…'";
        unquoted += 'q';
        break;
      default:
        return partName(part.type);
    }
  }
  return unquotedProblem(unquoted);
}

/** What may not stand outside quotes, even where bash happens to take it literally today: the next shell may not. */
function unquotedProblem(text: string): string | undefined {
  const bare = text.replaceAll('\\\n', '').replace(/\\./gsu, 'e');
  if (/[*?[]/.test(bare)) return 'a glob';
  if (/[$`]/.test(bare)) return 'an expansion';
  if (/\{[^}]*(?:,|\.\.)/.test(bare)) return 'a brace expansion';
  if (/(?:^|[=:])~/.test(bare)) return 'a tilde';
  if (bare.startsWith('#') || bare.startsWith('=')) return 'a special first character';
  if (/[|&;<>()]/.test(bare)) return 'an operator';
  if (/\s/u.test(bare)) return 'a blank that is not a space';
  if (bare.includes('\\')) return 'a trailing backslash';
  return undefined;
}

/** Characters that a person who approves would not see, or would see in another order, and those no program argument can hold. */
function unseenCharacter(source: string): string | undefined {
  for (const character of source) {
    const code = character.codePointAt(0) ?? 0;
    const control = (code < 0x20 && code !== 0x09 && code !== 0x0a) || (code >= 0x7f && code <= 0x9f);
    const hidden =
      (code >= 0x200b && code <= 0x200f) ||
      (code >= 0x202a && code <= 0x202e) ||
      (code >= 0x2060 && code <= 0x206f) ||
      code === 0xfeff ||
      (code >= 0xd800 && code <= 0xdfff);
    if (control || hidden) return `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  }
  return undefined;
}

/** Parentheses inside single quotes (Markdown in a body) do not nest: without the quoted stretches few must remain. */
const parsesFlat = (source: string): boolean =>
  (source.replace(/'[^']*'/g, '').match(/\$\(|<\(|>\(|\$\{|\(/g)?.length ?? 0) <= maxOpeners;

const constructNames: Partial<Record<SyntaxNode['type'], string>> = {
  Pipeline: 'a pipeline',
  AndOr: 'operator && or ||',
  Subshell: 'a subshell',
  BraceGroup: 'a { } group',
  Function: 'a function definition',
};
const constructName = (node: SyntaxNode): string => constructNames[node.type] ?? `a ${node.type.toLowerCase()} construct`;

const partNames: Record<string, string> = {
  CommandExpansion: 'a command substitution',
  ProcessSubstitution: 'a process substitution',
  BraceExpansion: 'a brace expansion',
  Glob: 'a glob',
  ExtendedGlob: 'a glob',
  LocaleString: 'a translated string $"…"',
};
const partName = (type: string): string => partNames[type] ?? 'an expansion';

const opaque = (because: string): CommandAnalysis => ({ verdict: 'opaque', because });
const compound = (because: string): CommandAnalysis => ({ verdict: 'compound', because });
