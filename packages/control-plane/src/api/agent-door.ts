/** What an agent's `gh` asked of `api.github.com`, as it came over the socket. */
export interface ForgeRequest {
  method: string;
  /** GitHub's own path, percent-encoded as sent: `/repos/…`. A leading `/api/v3` is gone. */
  path: string;
  query: Record<string, string>;
  /** Names in lower case; without the token and without what belongs to the connection. */
  headers: Record<string, string>;
  /** The parsed JSON, or undefined when no body was sent. */
  body: unknown;
}

export interface ForgeAnswer {
  status: number;
  headers: Record<string, string>;
  /** The JSON value, or text where the content type is another; undefined for none. */
  body: unknown;
}

/** One ref that an agent's `git push` wants to move. */
export interface PushRequest {
  ref: string;
  /** The commit; null when `delete` is set. */
  sha: string | null;
  force: boolean;
  delete: boolean;
}

export interface PushAnswer {
  ok: boolean;
  /** One line that the agent reads. */
  message: string;
}

/**
 * The agents' side of the door; the engine's broker satisfies it. Both throw DecreeError: `unauthorized` for a token that
 * no live run holds. Nothing here waits for a person.
 */
export interface AgentDoor {
  forge(runToken: string, request: ForgeRequest): Promise<ForgeAnswer>;
  push(runToken: string, input: PushRequest): Promise<PushAnswer>;
}
