using Beamtime.Core.Database;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Jobs;

/// <summary>
/// A table that grows with use, and how long what is in it is kept. Every such table of the program but the ledger stands
/// in <see cref="All"/>; a test of the house looks for tables that do not.
/// </summary>
/// <param name="Name">The table.</param>
/// <param name="Kept">The setting that says how long, or with what its rows go.</param>
/// <param name="Prune">
/// Removes what is past its time: at most <c>$1</c> rows, the times from <c>$2</c> on. Null where the rows go with others or their domain removes them.
/// </param>
/// <param name="Times">The times by the settings.</param>
internal sealed record GrowingTable(string Name, string Kept, string? Prune, Func<JobOptions, TimeSpan[]> Times)
{
    /// <summary>All of them, those first whose rows take others along.</summary>
    public static IReadOnlyList<GrowingTable> All { get; } =
    [
        new(
            "jobs",
            "jobs.keep_finished, jobs.keep_dead",
            """
            delete from jobs where id in (
                select id from jobs
                where state in ('Succeeded', 'Dead', 'Cancelled') and finished_at < (select lease_clock()) - $2
                    and (state <> 'Dead' or finished_at < (select lease_clock()) - $3)
                order by finished_at limit $1 for update skip locked)
            """,
            o => [o.KeepFinished, o.KeepDead]),
        With("job_results", "jobs"),
        With("job_traces", "jobs"),
        With("workflows", "jobs"),
        With("workflow_steps", "workflows"),
        With("workflow_moves", "workflows"),
        With("workflow_messages", "workflows"),
        With("script_runs", "workflows"),
        With("script_lines", "script_runs"),
        Elsewhere("sign_ins", "access.keep_sign_ins"),
        With("refresh_tokens", "sign_ins"),
        Elsewhere("sign_in_tries", "some hours, as long as they slow down the next"),
        Elsewhere("idempotency_keys", "idempotency.keep"),
        Elsewhere("backups", "the newest hundred"),
        new(
            "schedule_ticks",
            "jobs.keep_ticks",
            """
            delete from schedule_ticks where (schedule, due) in (
                select t.schedule, t.due from schedule_ticks t where t.made_at < (select lease_clock()) - $2
                    -- The last of each schedule stays, so that it can be seen when it last ran.
                    and exists (select from schedule_ticks n where n.schedule = t.schedule and n.due > t.due)
                order by t.made_at limit $1)
            """,
            o => [o.KeepTicks]),
        new(
            "job_workers",
            "jobs.keep_workers",
            "delete from job_workers where id in (select id from job_workers where heartbeat_at < (select lease_clock()) - $2 limit $1)",
            o => [o.KeepWorkers]),
        new(
            "job_rates",
            "a day after the last start, or the longest interval of a rate",
            """
            delete from job_rates where key in (
                select r.key from job_rates r
                where r.used_at < (select lease_clock()) - $2
                    and not exists (select from jobs j where j.rate_key = r.key and j.state = 'Available' and r.used_at >= (select lease_clock()) - j.rate_per)
                limit $1)
            """,
            _ => [TimeSpan.FromDays(1)]),
        new(
            "work_shares",
            "jobs.keep_finished after the project's last job",
            """
            delete from work_shares where (queue, project) in (
                select s.queue, s.project from work_shares s
                where s.used_at < (select lease_clock()) - $2
                    and not exists (select from jobs j where j.project = s.project and j.queue = s.queue and j.state = 'Available')
                limit $1)
            """,
            o => [o.KeepFinished]),
    ];

    /// <summary>Removes a batch of what is past its time.</summary>
    /// <param name="database">The database.</param>
    /// <param name="options">How long it is kept.</param>
    /// <param name="limit">At most so many rows.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>How many were removed.</returns>
    public async Task<int> PruneAsync(BeamtimeDatabase database, JobOptions options, int limit, CancellationToken cancel)
    {
        if (Prune is null)
        {
            return 0;
        }

        await using var command = database.Source.CreateCommand(Prune);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        foreach (var time in Times(options))
        {
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = time, NpgsqlDbType = NpgsqlDbType.Interval });
        }

        return await command.ExecuteNonQueryAsync(cancel);
    }

    // Pruned by its own domain.
    private static GrowingTable Elsewhere(string name, string kept) => new(name, kept, null, _ => []);

    private static GrowingTable With(string name, string other) => new(name, $"go with {other}", null, _ => []);
}
