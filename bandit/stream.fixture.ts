import { readFileSync } from 'node:fs';
import { parseStream } from './reference/stream-file.ts';
import type { Step } from './streams.ts';

const folder = new URL('../../shared/data/bandit/', import.meta.url);

const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

export const readReference = (name: string): unknown => JSON.parse(read(name));

export const readStream = (name: string): Step[] => parseStream(read(name));
