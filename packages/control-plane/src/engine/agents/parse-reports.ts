import { type AdapterCapabilities, AgentReport, describeIssues, protocolVersion } from '@decree/contracts';
import { clip } from '../clip.ts';
import type { Line } from './read-lines.ts';

export interface ReportParser {
  /** The reports that a line gives rise to; `refused` says why the adapter must not go on. */
  parse(line: Line): { reports: AgentReport[]; refused?: string };
  greeted(): boolean;
  /** Warnings that nothing followed. */
  leftovers(): AgentReport[];
}

const knownTypes: ReadonlySet<string> = new Set(AgentReport.options.map((option) => option.shape.type.value));
const gates = ['none', 'agent_chosen', 'every_call'] as const;
const noLines: { reports: AgentReport[] } = { reports: [] };

/**
 * From lines to reports, in the order that the protocol prescribes: hello first, nothing after turn.completed. A lost line
 * on which somebody waits (a request, the end) is refused; any other is warned about, once per kind.
 */
export function createReportParser(expected: { adapter: string; capabilities: AdapterCapabilities }): ReportParser {
  let greeted = false;
  let ended = false;
  const warned = new Set<string>();
  let held: AgentReport[] = [];

  const warn = (kind: string, message: string): { reports: AgentReport[] } => {
    // Different unknown types each count as a kind, but nobody can make us remember without bound.
    if (warned.has(kind) || warned.size >= 50) return noLines;
    warned.add(kind);
    held.push({ type: 'warning', message });
    return greeted && !ended ? { reports: take() } : noLines;
  };
  const take = () => {
    const reports = held;
    held = [];
    return reports;
  };

  function parse(line: Line): { reports: AgentReport[]; refused?: string } {
    if (line.kind !== 'line') {
      const what = line.kind === 'too_long' ? 'a line longer than the limit' : 'a line that is not UTF-8';
      if (!ended && /"type"\s*:\s*"(tool\.requested|turn\.completed|hello)"/.test(line.head)) {
        return {
          ...noLines,
          refused: `The adapter ${expected.adapter} sent ${what} for which an answer is due: ${excerpt(line.head)}`,
        };
      }
      return warn(line.kind, `The adapter sent ${what}; it was not read. First: ${excerpt(line.head)}`);
    }
    const value = parseObject(line.text);
    if (!value)
      return warn('not_json', `The adapter wrote something else than JSON objects to stdout. First: ${excerpt(line.text)}`);
    const type = typeof value.type === 'string' ? value.type : '';
    if (ended) return warn('late', `The adapter sent messages after turn.completed; they were not read. First: ${excerpt(type)}`);
    if (!knownTypes.has(type))
      return warn(
        `unknown:${type}`,
        `The adapter sent a message of unknown type ${excerpt(JSON.stringify(value.type) ?? 'none')}.`,
      );
    const parsed = AgentReport.safeParse(value);
    if (!parsed.success) {
      return { ...noLines, refused: `The adapter ${expected.adapter} sent a malformed ${type}: ${describeIssues(parsed.error)}` };
    }
    return accept(parsed.data);
  }

  function accept(report: AgentReport): { reports: AgentReport[]; refused?: string } {
    if (report.type === 'hello') {
      const refused = greeted ? 'said hello twice' : refuseHello(report);
      if (refused) return { ...noLines, refused: `The adapter ${expected.adapter} ${refused}` };
      greeted = true;
      return { reports: [report, ...take()] };
    }
    if (!greeted) {
      return { ...noLines, refused: `The adapter ${expected.adapter} began with ${report.type}; expected hello first.` };
    }
    if (report.type === 'turn.completed') ended = true;
    return { reports: [report] };
  }

  function refuseHello(hello: Extract<AgentReport, { type: 'hello' }>): string | null {
    if (hello.v !== protocolVersion) {
      const mend = hello.v > protocolVersion ? 'update Decree, or use an older adapter' : 'update the adapter';
      return `speaks protocol version ${hello.v}; this engine speaks ${protocolVersion}: ${mend}.`;
    }
    const { gate, ...rest } = expected.capabilities;
    if (gates.indexOf(hello.capabilities.gate) < gates.indexOf(gate)) {
      return `says that its gate is ${hello.capabilities.gate}; it is configured as ${gate}.`;
    }
    for (const name of Object.keys(rest) as (keyof typeof rest)[]) {
      if (rest[name] && !hello.capabilities[name]) return `says that it cannot ${name}; it is configured as if it could.`;
    }
    return null;
  }

  return { parse, greeted: () => greeted, leftovers: take };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const excerpt = (text: string): string => JSON.stringify(clip(text, 200));
