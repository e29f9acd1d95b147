using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Bench.Records;

/// <summary>
/// <c>jobs.claim</c>: jobs a second claimed, run and completed by 8 workers in batches of 10, beside pgbench with 8
/// clients that runs the same claim and the same completion on the same table.
/// </summary>
internal sealed partial class JobClaim(BeamtimeDatabase database, string folder)
{
    private const int Workers = 8;
    private const int Batch = 10;
    private const int Jobs = 8000;
    private const string OurQueue = "bench";
    private const string RawQueue = "bench.raw";

    private static readonly JobKind<Errand> Kind = new("bench.errand", BenchJson.Default.Errand, JobKindOptions.Usual);

    // As in JobClaims and JobLeases; only that pgbench keeps one row of a result, so that the claimed jobs come in arrays.
    private const string Script =
        """
        with clock as materialized (select lease_clock() as now),
        next as materialized (
            select id from jobs
            where state = 'Available' and queue = :queue and lane = '' and kind = any(:kinds::text[])
                and rank <= ((select now from clock) at time zone 'UTC') + interval '100 hours'
                and run_at <= (select now from clock)
                and not (select exists (
                    select from work_queues q join work_pools p on p.name = q.pool
                    where q.name = :queue and (q.is_paused or p.is_paused
                        or q.concurrency_limit is not null or p.concurrency_limit is not null)))
                and not (select exists (select from jobs where state = 'Available' and queue = :queue and lane > ''))
                and not (select exists (select from job_workers where id = null::uuid and is_draining))
            order by rank, id
            limit :batch
            for update skip locked),
        claimed as (
            update jobs set
                state = 'Running', attempt = attempt + 1, fence = fence + 1, worker = :worker,
                started_at = clock.now, lease_until = clock.now + (:leases::interval[])[array_position(:kinds::text[], kind)]
            from next, clock where jobs.id = next.id
            returning jobs.id, kind, key, arguments, attempt, max_attempts, fence, priority, run_at, correlation, rank)
        select array_agg(id) as ids, array_agg(fence) as fences from claimed \gset
        update jobs set state = 'Succeeded', finished_at = (select lease_clock()), lease_until = null
        from unnest(:ids::uuid[], :fences::bigint[]) as done (id, fence)
        where jobs.id = done.id and jobs.fence = done.fence and jobs.lease_until is not null
        returning jobs.id;
        """;

    /// <summary>The line.</summary>
    public static BenchLine Line { get; } = new("jobs.claim", "jobs/s", 0.7, BenchSense.Rate, async (room, cancel) =>
    {
        var claim = new JobClaim(await room.DatabaseAsync(cancel), room.NewFolder("pgbench"));
        return await Rounds.MeasureAsync(() => claim.WorkAsync(cancel), () => claim.RunPgbenchAsync(cancel));
    });

    [GeneratedRegex(@"tps = ([0-9.]+) \(without")]
    private static partial Regex Rate { get; }

    private async Task EnqueueAsync(string queue, CancellationToken cancel)
    {
        var jobs = new JobQueue(database, BenchRoom.Time);
        await database.TransactAsync(
            transaction => jobs.EnqueueAsync(
                transaction, [.. Enumerable.Range(0, Jobs).Select(n => Kind.Of(new Errand(n)) with { Queue = queue })], cancel),
            cancel);

        // The planner knows the table as after a while of use; otherwise its first plans would be what is measured.
        await using var analyze = database.Owner.CreateCommand("vacuum analyze jobs");
        await analyze.ExecuteNonQueryAsync(cancel);
    }

    private async Task<double> WorkAsync(CancellationToken cancel)
    {
        await EnqueueAsync(OurQueue, cancel);
        using var metrics = new JobMetrics();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var handlers = new JobHandlers().Add(Kind, static (_, _) => Task.CompletedTask);
        var start = Stopwatch.GetTimestamp();
        Task[] workers =
        [
            .. Enumerable.Range(0, Workers).Select(number => new JobWorker(
                database,
                handlers,
                new JobWorkerOptions { Queues = [OurQueue], Name = $"bench {number}", Seed = number, Batch = Batch, Concurrency = Concurrency },
                metrics,
                BenchRoom.Time,
                NullLoggerFactory.Instance).RunAsync(stop.Token)),
        ];
        while (await LeftAsync(cancel))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), BenchRoom.Time, cancel);
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await stop.CancelAsync();
        await Task.WhenAll(workers);
        return Jobs / seconds;
    }

    private const int Concurrency = 2 * Batch;

    // By the indexes of either state: a look over the whole table would take most of what is measured.
    private async Task<bool> LeftAsync(CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            """
            select exists (select from jobs where queue = $1 and state = 'Available')
                or exists (select from jobs where queue = $1 and state = 'Running')
            """);
        command.Parameters.AddWithValue(OurQueue);
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    private async Task<double> RunPgbenchAsync(CancellationToken cancel)
    {
        await EnqueueAsync(RawQueue, cancel);
        var script = Path.Combine(folder, "claim.sql");
        await File.WriteAllTextAsync(script, Script, cancel);
        var cluster = database.Cluster!;
        var binaries = await PostgresBinaries.FindAsync(cancel);
        var printed = await Child.RunAsync(
            [
                Path.Combine(binaries[0].Folder, "pgbench"), "-n", "-M", "prepared",
                "-c", $"{Workers}", "-j", "2", "-t", $"{Jobs / Workers / Batch}",
                "-D", $"queue={RawQueue}", "-D", $"kinds={{{Kind.Name}}}", "-D", "leases={00:00:30}", "-D", $"batch={Batch}",
                "-D", "worker=bench", "-f", script,
                "-h", cluster.Folder.SocketFolder, "-U", ClusterFolder.Program, ClusterFolder.Owner,
            ],
            cancel);
        return double.Parse(Rate.Match(printed).Groups[1].ValueSpan, CultureInfo.InvariantCulture) * Batch;
    }
}
