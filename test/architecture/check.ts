import { posix } from 'node:path';
import type { ImportRule } from './rules.ts';
import { concreteParts, emptyFolderNames, importRules, knownRoomCycles, length, libraryHomes, textRules } from './rules.ts';
import type { Import, Source } from './source.ts';
import { lineOf, readSource } from './source.ts';

export interface Breach {
  rule: string;
  file: string;
  line: number;
  detail: string;
}

interface Edge extends Import {
  /** A house path, `npm:…` or `node:…`. */
  target: string;
}

interface File extends Source {
  house: string;
  edges: Edge[];
}

/** Applies every rule to these files (path in the repository → text) and touches nothing else. */
export function check(texts: ReadonlyMap<string, string>): Breach[] {
  const files = new Map<string, File>();
  const breaches: Breach[] = [];
  for (const [path, text] of texts) {
    const source = readSource(path, text);
    const house = toHouse(path);
    const edges = source.imports.map((entry) => ({ ...entry, target: resolveTarget(path, entry.specifier) }));
    files.set(house, { ...source, house, edges });
  }
  for (const file of files.values()) breaches.push(...checkImports(file, files), ...checkText(file), ...checkShape(file));
  breaches.push(...checkFileCycles(files), ...checkRoomCycles(files));
  return breaches;
}

function checkImports(file: File, files: ReadonlyMap<string, File>): Breach[] {
  const breaches: Breach[] = [];
  const report = (rule: string, edge: Edge, why: string): void => {
    breaches.push({
      rule,
      file: file.path,
      line: edge.line,
      detail: `imports ${edge.target}${edge.typeOnly ? ' (types)' : ''}: ${why}`,
    });
  };
  for (const edge of file.edges) {
    if (edge.specifier.startsWith('.') && isTypeScript(edge.target) && !files.has(edge.target)) {
      report('imports resolve', edge, 'there is no such file');
    }
    if (isProduct(file.house)) {
      for (const rule of importRules) if (breaks(rule, file, edge)) report(rule.name, edge, rule.because);
      for (const { part, importers } of concreteParts) {
        if (matches(part, edge.target) && !matches([...part, ...importers], file.house)) {
          report('a concrete part is reached through its port', edge, `only ${importers.join(', ')} may`);
        }
      }
      for (const { library, homes } of libraryHomes) {
        const free = edge.typeOnly && edge.target.startsWith('node:');
        if (!free && matches(library, edge.target) && !matches(homes, file.house)) {
          report('each library has one home', edge, `it belongs to ${homes.join(', ')}`);
        }
      }
    }
  }
  return breaches;
}

function breaks(rule: ImportRule, file: File, edge: Edge): boolean {
  if (!matches(rule.files, file.house) || matches(rule.except ?? [], file.house)) return false;
  if (rule.never && matches(rule.never, edge.target)) return true;
  if (!rule.only) return false;
  const own = file.house
    .split('/')
    .slice(0, file.house.startsWith('control-plane/engine/') ? 3 : 2)
    .join('/');
  const only = rule.only.map((place) => (place === '@own' ? `${own}/**` : place));
  return !matches(edge.typeOnly ? [...only, ...(rule.types ?? [])] : only, edge.target);
}

function checkText(file: File): Breach[] {
  const breaches: Breach[] = [];
  for (const rule of textRules) {
    if (!matches(rule.files, file.house) || matches(rule.except ?? [], file.house)) continue;
    for (const match of file.code.matchAll(rule.pattern)) {
      const found = match[0].trim().replace(/\s+/g, ' ');
      breaches.push({
        rule: rule.name,
        file: file.path,
        line: lineOf(file.text, match.index),
        detail: `${found}: ${rule.because}`,
      });
    }
  }
  return breaches;
}

function checkShape(file: File): Breach[] {
  const lines = file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);
  const breaches: Breach[] = [];
  const report = (rule: string, detail: string): void => {
    breaches.push({ rule, file: file.path, line: 1, detail });
  };
  if (lines > length.most) report('files end at 400 lines', `${lines} lines: split it`);
  else if (lines > length.explainedAbove && !isTest(file.path) && !/^\s*(?:#!.*\n)?\s*\/[/*]/.test(file.text)) {
    report('a long file says why', `${lines} lines: begin with a comment that says why it is one file`);
  }
  const empty = file.path
    .split('/')
    .slice(0, -1)
    .find((name) => emptyFolderNames.includes(name));
  if (empty) report('folders are stages of the data path', `"${empty}" names nothing that is inside`);
  return breaches;
}

function checkFileCycles(files: ReadonlyMap<string, File>): Breach[] {
  const graph = new Map([...files].map(([house, file]) => [house, valueTargets(file, files)]));
  return findCycles(graph).map((cycle) => ({
    rule: 'no cycle between files',
    file: files.get(cycle[0]!)!.path,
    line: 1,
    detail: [...cycle, cycle[0]].join(' → '),
  }));
}

/** Rooms are the folders of the engine; files directly in engine/ wire them and are no room. */
function checkRoomCycles(files: ReadonlyMap<string, File>): Breach[] {
  const room = (house: string): string | undefined => /^control-plane\/engine\/([^/]+)\//.exec(house)?.[1];
  const graph = new Map<string, string[]>();
  const example = new Map<string, string>();
  for (const file of files.values()) {
    const from = room(file.house);
    if (!from) continue;
    for (const target of valueTargets(file, files)) {
      const to = room(target);
      if (!to || to === from || knownRoomCycles.some(([a, b]) => a === from && b === to)) continue;
      graph.set(from, [...(graph.get(from) ?? []), to]);
      example.set(`${from} ${to}`, `${file.house} → ${target}`);
    }
  }
  return findCycles(graph).map((cycle) => {
    const steps = cycle.map((from, at) => example.get(`${from} ${cycle[(at + 1) % cycle.length]}`) ?? '');
    return { rule: 'no cycle between rooms', file: `${cycle.join(' → ')} → ${cycle[0]}`, line: 1, detail: steps.join('; ') };
  });
}

function valueTargets(file: File, files: ReadonlyMap<string, File>): string[] {
  return file.edges.filter((edge) => !edge.typeOnly && files.has(edge.target)).map((edge) => edge.target);
}

/** One shortest cycle through each node that no reported cycle has touched yet: enough to mend one after the other. */
function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const touched = new Set<string>();
  for (const start of graph.keys()) {
    if (touched.has(start)) continue;
    const cycle = shortestWayBack(graph, start);
    if (!cycle) continue;
    cycles.push(cycle);
    for (const node of cycle) touched.add(node);
  }
  return cycles;
}

function shortestWayBack(graph: ReadonlyMap<string, readonly string[]>, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    for (const next of graph.get(node) ?? []) {
      if (next === start) {
        const way = [node];
        for (let at = node; at !== start; at = cameFrom.get(at)!) way.unshift(cameFrom.get(at)!);
        return way;
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  return undefined;
}

const packageNames: Readonly<Record<string, string>> = {
  '@decree/contracts': 'contracts/index.ts',
  '@decree/client': 'client/index.ts',
  '@decree/control-plane/engine': 'control-plane/engine/create-engine.ts',
  '@decree/control-plane/api': 'control-plane/api/index.ts',
  '@decree/control-plane/tui': 'control-plane/tui/index.ts',
};

const builtins = new Set([
  'fs',
  'path',
  'os',
  'crypto',
  'child_process',
  'timers',
  'http',
  'https',
  'net',
  'url',
  'util',
  'stream',
  'events',
]);

function resolveTarget(path: string, specifier: string): string {
  if (specifier.startsWith('.')) return toHouse(posix.normalize(posix.join(posix.dirname(path), specifier)));
  if (specifier.startsWith('node:')) return specifier;
  const inHouse = packageNames[specifier];
  if (inHouse) return inHouse;
  const names = specifier.split('/');
  if (builtins.has(names[0]!)) return `node:${specifier}`;
  return `npm:${names.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')}`;
}

function toHouse(path: string): string {
  return path.replace(/^packages\/([^/]+)\/src\//, '$1/');
}

function isProduct(house: string): boolean {
  return /^(?:contracts|client|console|control-plane)\//.test(house);
}

function isTest(path: string): boolean {
  return /\.(?:test|soak)\.tsx?$/.test(path);
}

function isTypeScript(target: string): boolean {
  return /\.tsx?$/.test(target);
}

const compiled = new Map<string, RegExp>();

function matches(globs: readonly string[], place: string): boolean {
  return globs.some((glob) => {
    let pattern = compiled.get(glob);
    if (!pattern) {
      const body = glob
        .split(/(\*\*|\*)/)
        .map((part) => (part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')));
      pattern = new RegExp(`^${body.join('')}$`);
      compiled.set(glob, pattern);
    }
    return pattern.test(place);
  });
}
