/** A repository's own rule: scripts in the worktree may be run by node once a person has approved it. */
export const migratePolicy = `@id("migrate")
permit (principal, action == Action::"command.run", resource)
when { context.program == "node" && context.inside };

@id("migrate-needs-approval")
@outcome("require_approval")
@reason("moving data cannot be undone")
forbid (principal, action == Action::"command.run", resource)
when { context.program == "node" }
unless { context.approvals >= 1 };
`;
