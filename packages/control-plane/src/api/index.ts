export type { AgentDoor, ForgeAnswer, ForgeRequest, PushAnswer, PushRequest } from './agent-door.ts';
export { createDoor, type DoorOptions, doorHosts } from './create-door.ts';
export type { Door } from './door.ts';
export { buildOpenApi } from './open-api.ts';
export { type Listener, type ListenOptions, serveOnSocket } from './serve-on-socket.ts';
export { checkSocketPath, chooseSocketPath, ensureSocketDirectory, maxSocketPathBytes } from './socket-path.ts';
