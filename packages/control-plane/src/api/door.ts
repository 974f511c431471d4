import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';

export type DoorEnv = { Bindings: HttpBindings };
export type Door = Hono<DoorEnv>;
