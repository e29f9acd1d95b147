using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Access.Users;

/// <summary>One permission.</summary>
/// <param name="Name">Dotted, lower case.</param>
/// <param name="Meaning">What it allows.</param>
/// <param name="Roles">Who has it besides administrators, who have every one.</param>
internal sealed record Permission(string Name, string Meaning, IReadOnlyList<UserRole> Roles);

/// <summary>Every permission there is and the roles that have it: the one place where this is said.</summary>
internal static class PermissionBook
{
    private static readonly UserRole[] Everybody = [UserRole.Viewer, UserRole.Scientist, UserRole.Operator, UserRole.DataSteward];
    private static readonly UserRole[] Measuring = [UserRole.Scientist, UserRole.Operator];
    private static readonly UserRole[] Running = [UserRole.Operator];
    private static readonly UserRole[] Keeping = [UserRole.Operator, UserRole.DataSteward];
    private static readonly UserRole[] Copying = [UserRole.Scientist, UserRole.Operator, UserRole.DataSteward];
    private static readonly UserRole[] Nobody = [];

    /// <summary>The permissions, by name.</summary>
    public static IReadOnlyList<Permission> All { get; } =
    [
        new("account.keys", "Make, list and revoke one's own keys.", Everybody),
        new("account.password", "Change one's own password.", Everybody),
        new("account.read", "See who one is and what one may do.", Everybody),
        new("actors.change", "Define actors, switch them and take them out.", Running),
        new("alarms.acknowledge", "Take note of alarms.", Measuring),
        new("alarms.raise", "Raise alarms; a major one ends the scan that it names.", Measuring),
        new("alarms.read", "See alarms.", Everybody),
        new("baton.override", "Submit scans and take control while somebody else has control of the beamline.", Running),
        new("beamline.change", "Set up beamline states and the interlock.", Running),
        new("beamline.read", "See permits, shutters and supplies.", Everybody),
        new("datasets.copy", "Have data sets copied to further storages.", Copying),
        new("datasets.read", "See data sets and where their files are.", Everybody),
        new("datasets.retry", "Let a failed flow go on.", Keeping),
        new("devices.configure", "Change which devices there are and how they are configured.", Measuring),
        new("devices.read", "See devices and read them.", Everybody),
        new("devices.set", "Set devices.", Measuring),
        new("devices.stop", "Stop devices.", Measuring),
        new("gate.read", "Ask whether a plan would be admitted.", Everybody),
        new("jobs.change", "Cancel, replay and discard jobs, and change work queues.", Keeping),
        new("jobs.read", "See jobs and work queues.", Everybody),
        new("ledger.export", "Export entries of the ledger whole.", Nobody),
        new("ledger.rebuild", "Compare records with their entries and correct them.", Nobody),
        new("logs.change", "Set the levels of the log.", Running),
        new("logs.read", "Read the log of the program.", Keeping),
        new("metrics.read", "Read the figures that monitoring collects.", Keeping),
        new("people.forget", "Erase a person's name and account.", Nobody),
        new("people.read", "See who stands behind the ids of entries.", Nobody),
        new("plugins.reload", "Have plugins read anew.", Measuring),
        new("procedures.abort", "End a procedure early.", Running),
        new("procedures.read", "See procedures and their steps.", Everybody),
        new("procedures.run", "Run procedures and let held ones go on.", Running),
        new("queues.change", "Order, clear, lock and release scan queues.", Measuring),
        new("scans.abort", "End scans early.", Measuring),
        new("scans.pause", "Hold scans and let them go on.", Measuring),
        new("scans.read", "See scans, their points and the queue.", Everybody),
        new("scans.submit", "Ask for scans.", Measuring),
        new("schedules.change", "Make, change and pause schedules.", Keeping),
        new("schedules.read", "See schedules and their ticks.", Everybody),
        new("scripts.read", "See server scripts and their runs.", Everybody),
        new("scripts.run", "Run server scripts and abort their runs.", Measuring),
        new("status.read", "See how the program stands.", Everybody),
        new("timeline.read", "See what happened, by whom and why.", Everybody),
        new("users.manage", "Make and disable users, set their roles and passwords, end their sign-ins and keys.", Nobody),
        new("users.read", "See users, their roles, sign-ins and keys.", Nobody),
        new("workers.change", "Drain workers and let them go on.", Keeping),
        new("workers.read", "See the workers.", Everybody),
        new("workflows.answer", "Answer the question of a workflow's step.", Keeping),
        new("workflows.change", "Cancel, pause, resume and retry workflows.", Keeping),
        new("workflows.message", "Send messages to workflows.", Keeping),
        new("workflows.read", "See workflows and their steps.", Everybody),
        new("workflows.resolve", "Decide over an uncertain step of a workflow.", Keeping),
    ];

    /// <summary>What a user with these roles may do.</summary>
    /// <param name="roles">The user's roles.</param>
    /// <param name="scopes">What a token or key is narrowed to; null for all that the roles allow.</param>
    public static Permissions Of(IReadOnlyCollection<UserRole> roles, IReadOnlyCollection<string>? scopes) =>
        roles.Contains(UserRole.Administrator) && scopes is null
            ? Permissions.All
            : Permissions.Of(All
                .Where(p => roles.Contains(UserRole.Administrator) || p.Roles.Any(roles.Contains))
                .Where(p => scopes is null || scopes.Any(s => Covers(s, p.Name)))
                .Select(p => p.Name));

    /// <summary>Why these scopes cannot be given by a caller.</summary>
    /// <param name="scopes">Names of permissions, or <c>scans.*</c> for all of a domain.</param>
    /// <param name="giver">What the caller may do itself.</param>
    public static IReadOnlyList<Reason> Against(IReadOnlyCollection<string> scopes, Permissions giver)
    {
        List<Reason> reasons = [];
        foreach (var scope in scopes)
        {
            var covered = All.Where(p => Covers(scope, p.Name)).ToArray();
            if (covered.Length == 0)
            {
                reasons.Add(AccessErrors.ScopeUnknown.Because(
                    $"there is no permission '{scope}'{NearestName.Question(scope, All.Select(p => p.Name))}"));
            }
            else if (covered.Where(p => !giver.Include(p.Name)).Select(p => p.Name).ToArray() is { Length: > 0 } beyond)
            {
                reasons.Add(AccessErrors.ScopeBeyond.Because($"the caller does not have {string.Join(", ", beyond)}"));
            }
        }

        return reasons;
    }

    private static bool Covers(string scope, string permission) =>
        scope == permission
        || (scope.EndsWith(".*", StringComparison.Ordinal) && permission.StartsWith(scope[..^1], StringComparison.Ordinal));
}
