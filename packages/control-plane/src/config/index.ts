export { configFileNames, evaluateConfig } from './evaluate.ts';
export { renderConfigGuide } from './guide.ts';
export { type Config, invalidConfig, parseConfig } from './load.ts';
export { nearest } from './nearest.ts';
export { configSchema, type DecreeConfig } from './schema.ts';
