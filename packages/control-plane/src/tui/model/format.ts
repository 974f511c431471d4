import { shortId, type Usage } from '@decree/contracts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');

/** How long: `42s`, `4m`, `1h05m`, `2d3h`; never more than 6 columns below 100 days. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d${hours % 24}h`;
}

/** How long to the second, for what is looked at closely: `42s`, `4m 05s`, `1h 05m`. */
export function formatExactDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${two(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours}h ${two(minutes % 60)}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** How long in words, for who listens: `4 minutes`. */
export function speakDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [count, unit] =
    seconds < 60
      ? [seconds, 'second']
      : seconds < 3600
        ? [Math.floor(seconds / 60), 'minute']
        : [Math.floor(seconds / 3600), 'hour'];
  return plural(count, unit);
}

/** When, in the person's own time zone: `14:05` today, else `20 Nov 14:05`. It does not tick. */
export function formatMoment(timestamp: string, nowMs: number): string {
  const at = new Date(timestamp);
  if (Number.isNaN(at.getTime())) return '—';
  const now = new Date(nowMs);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const day = `${at.getDate()} ${months[at.getMonth()]}`;
  if (at.getFullYear() !== now.getFullYear()) return `${day} ${at.getFullYear()}`;
  return at.getMonth() === now.getMonth() && at.getDate() === now.getDate() ? time : `${day} ${time}`;
}

/** To the second: `14:05:09`. */
export function formatClock(timestamp: string): string {
  const at = new Date(timestamp);
  return Number.isNaN(at.getTime()) ? '—' : `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `$0.42`; below a cent as many digits as say something. */
export const formatDollars = (dollars: number): string =>
  dollars > 0 && dollars < 0.01 ? `$${dollars.toFixed(4)}` : `$${dollars.toFixed(2)}`;

/** `~` before what was priced from our own table; a cost that nobody knows is said, and never shown as nothing. */
export function formatCost({ costUsd, costBasis }: Pick<Usage, 'costUsd' | 'costBasis'>): string {
  if (costBasis === 'unknown') return costUsd > 0 ? `≥${formatDollars(costUsd)}` : 'unknown';
  return costBasis === 'table' ? `~${formatDollars(costUsd)}` : formatDollars(costUsd);
}

/** `812`, `12.4k`, `3.1M`. */
export function formatCount(count: number): string {
  if (count < 1000) return String(count);
  return count < 999_950 ? `${(count / 1000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

/** Everything that was read or written, from a cache or not. */
export const totalTokens = (usage: Usage): number =>
  usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;

/** `1 agent`, `2 agents`. */
export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** Milliseconds of a stored time; 0 for one that cannot be read. */
export const msOf = (timestamp: string): number => {
  const ms = Date.parse(timestamp);
  return Number.isNaN(ms) ? 0 : ms;
};

const wholeId = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-([0-9a-f]{12})\b/g;
const wholeHash = /\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b/g;

/** Sentences from the engine with what people call things by: the end of an id, the beginning of a commit's. */
export const withShortNames = (text: string): string =>
  text.replace(wholeId, (_whole, end: string) => shortId(end)).replace(wholeHash, (hash) => hash.slice(0, 10));

/** `agent_crashed` → `agent crashed`. */
export const words = (code: string): string => code.replaceAll('_', ' ');
