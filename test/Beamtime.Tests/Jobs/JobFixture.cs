using System.Text.Json.Serialization;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Jobs;

/// <summary>What the jobs of these tests are given.</summary>
/// <param name="Number">Tells them apart.</param>
internal sealed record Errand(int Number);

/// <summary>The codec of these tests.</summary>
[JsonSerializable(typeof(Errand))]
internal sealed partial class ErrandJson : JsonSerializerContext;

/// <summary>A database of its own with a queue, and workers that stop with it.</summary>
internal sealed class JobFixture : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan Never = TimeSpan.FromHours(1);
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);

    public static readonly JobKind<Errand> Kind = new("errand", ErrandJson.Default.Errand, new JobKindOptions
    {
        MaxAttempts = 3,
        Lease = Lease,
        Backoff = new Backoff(TimeSpan.FromMilliseconds(1), 1, TimeSpan.FromMilliseconds(1)),
    });

    private readonly JobMetrics _metrics = new();
    private readonly List<RunningWorker> _workers = [];
    private TimeSpan _shift;

    private JobFixture(BeamtimeDatabase database)
    {
        Database = database;
        Leases = new JobLeases(database.Source);
        Queue = new JobQueue(database, TimeProvider.System);
        Store = new JobStore(database);
        Rescuer = RescuerOf(new SilentHolders(Lease, Clock));
    }

    public BeamtimeDatabase Database { get; }

    public JobLeases Leases { get; }

    public JobQueue Queue { get; }

    public JobStore Store { get; }

    public JobRescuer Rescuer { get; }

    /// <summary>The rescuer's own clock.</summary>
    public FakeClock Clock { get; } = new();

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<JobFixture> CreateAsync() => new(await TestDatabase.CreateAsync());

    public async Task<JobId> EnqueueAsync(int number = 0) => (await Queue.EnqueueAsync(Kind.Of(new Errand(number)), Cancel)).Id;

    public Task<IReadOnlyList<ClaimedJob>> ClaimAsync(int limit = 10, string worker = "test") =>
        Leases.ClaimAsync("default", [Kind], limit, worker, Cancel);

    public async Task<ClaimedJob> ClaimOneAsync(string worker = "test") => Assert.Single(await ClaimAsync(1, worker));

    /// <summary>Lets every lease run out, and every pause before a retry.</summary>
    public async Task LetLeasesRunOutAsync()
    {
        _shift += Lease * 2;
        await TestDatabase.ShiftLeaseClockAsync(Database, _shift, Cancel);
    }

    /// <summary>Sets the database's clock.</summary>
    public Task ShiftClockAsync(TimeSpan shift) => TestDatabase.ShiftLeaseClockAsync(Database, _shift = shift, Cancel);

    public JobRescuer RescuerOf(SilentHolders silent) =>
        new(Leases, Database.Notifier, _metrics, silent, NullLogger<JobRescuer>.Instance);

    public async Task<JobRecord> GetAsync(JobId id) => (await Store.GetAsync(id, Cancel))!;

    public RunningWorker Run(JobHandler<Errand> handler, Func<JobWorkerOptions, JobWorkerOptions>? options = null) =>
        Run(new JobHandlers().Add(Kind, handler), options);

    public RunningWorker Run(JobHandlers handlers, Func<JobWorkerOptions, JobWorkerOptions>? options = null)
    {
        var plain = new JobWorkerOptions { Name = $"worker {_workers.Count}", Seed = 1, RescueEvery = Never };
        var worker = new RunningWorker(new JobWorker(
            Database, handlers, options?.Invoke(plain) ?? plain, _metrics, TimeProvider.System, NullLoggerFactory.Instance));
        _workers.Add(worker);
        return worker;
    }

    /// <summary>Makes a table that handlers write their effects to.</summary>
    public async Task MakeEffectsAsync()
    {
        await using var command = Database.Owner.CreateCommand("create table effects (what text not null)");
        await command.ExecuteNonQueryAsync(Cancel);
    }

    public async Task<string[]> EffectsAsync()
    {
        await using var command = Database.Source.CreateCommand("select coalesce(array_agg(what order by what), '{}') from effects");
        return (string[])(await command.ExecuteScalarAsync(Cancel))!;
    }

    public static async Task AddEffectAsync(DatabaseTransaction transaction, string what, CancellationToken cancel)
    {
        await using var command = transaction.Command("insert into effects values ($1)", what);
        await command.ExecuteNonQueryAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
        {
            await worker.DisposeAsync();
        }

        _metrics.Dispose();
        await Database.DisposeAsync();
    }
}

/// <summary>A worker that runs until it is stopped.</summary>
internal sealed class RunningWorker : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;

    public RunningWorker(JobWorker worker) => _run = worker.RunAsync(_stop.Token);

    /// <summary>Stops it in order: what had finished is written when this returns.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _run.WaitAsync(JobFixture.Deadline, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }
}
