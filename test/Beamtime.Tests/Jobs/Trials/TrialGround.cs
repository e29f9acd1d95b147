using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Tests.Support;
using Npgsql;

namespace Beamtime.Tests.Jobs.Trials;

/// <summary>
/// A database that many trials share, and what befalls it while they run: its lease clock jumps forwards and backwards,
/// connections are killed, leases that ran out are taken back.
/// </summary>
internal sealed class TrialGround : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);
    private readonly CancellationTokenSource _stop = new();
    private readonly Random _random;
    private readonly JobMetrics _metrics = new();
    private Task _chaos = Task.CompletedTask;
    private TimeSpan _shift;
    private long _clockSteps;
    private long _kills;
    private long _rescued;

    private readonly bool _canStep;

    private TrialGround(BeamtimeDatabase database, int seed, bool canStep)
    {
        Database = database;
        _canStep = canStep;
        Lease = TimeSpan.FromSeconds(canStep ? 10 : 1);
        _random = new Random(seed);
        Leases = new JobLeases(database.Source);
        Queue = new JobQueue(database, TimeProvider.System);
        Store = new JobStore(database);
    }

    public BeamtimeDatabase Database { get; }

    /// <summary>The jobs' lease: long where the clock jumps, short where leases must run out by themselves.</summary>
    public TimeSpan Lease { get; }

    public JobLeases Leases { get; }

    public JobQueue Queue { get; }

    public JobStore Store { get; }

    /// <summary>What befell it, for the figures.</summary>
    public IReadOnlyList<(string What, long Count)> Befell =>
        [("clock steps", _clockSteps), ("connections killed", _kills), ("leases taken back", _rescued)];

    /// <summary>Prepares a database and lets things befall it.</summary>
    /// <param name="database">The database; goes with the ground.</param>
    /// <param name="seed">Seed of what befalls it.</param>
    /// <param name="canStep">Whether its lease clock can be shifted.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<TrialGround> CreateAsync(BeamtimeDatabase database, int seed, bool canStep, CancellationToken cancel)
    {
        var ground = new TrialGround(database, seed, canStep);
        await using (var command = database.Owner.CreateCommand(
            """
            create table effects (n bigint generated always as identity, job uuid not null);
            create index effects_job on effects (job);
            """))
        {
            await command.ExecuteNonQueryAsync(cancel);
        }

        ground._chaos = ground.RunAsync(ground._stop.Token);
        return ground;
    }

    /// <summary>Writes an effect of a job, in the transaction that completes it.</summary>
    public static async Task AddEffectAsync(DatabaseTransaction transaction, JobId job, CancellationToken cancel)
    {
        await using var command = transaction.Command("insert into effects (job) values ($1)", job.Value);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Does something again for as long as the database is out.</summary>
    public static async Task<T> InsistAsync<T>(Func<Task<T>> ask, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                await Task.Delay(Pause, TimeProvider.System, cancel);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _chaos.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _metrics.Dispose();
        _stop.Dispose();
        await Database.DisposeAsync();
    }

    private async Task RunAsync(CancellationToken cancel)
    {
        var rescuer = new JobRescuer(
            Leases,
            Database.Notifier,
            _metrics,
            new SilentHolders(TimeSpan.FromHours(1), TimeProvider.System),
            Microsoft.Extensions.Logging.Abstractions.NullLogger<JobRescuer>.Instance);
        while (true)
        {
            await Task.Delay(Pause, TimeProvider.System, cancel);
            try
            {
                _rescued += await rescuer.RescueAsync(cancel);
                switch (_random.Next(30))
                {
                    case < 3 when _canStep:
                        await StepAsync(TimeSpan.FromSeconds(-_random.Next(1, 20)), cancel);
                        break;
                    case < 12 when _canStep:
                        await StepAsync(TimeSpan.FromSeconds(_random.Next(1, 20)), cancel);
                        break;
                    case 12:
                        await KillAsync(cancel);
                        break;
                }
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                // What it kills may be its own.
            }
        }
    }

    private async Task StepAsync(TimeSpan by, CancellationToken cancel)
    {
        await TestDatabase.ShiftLeaseClockAsync(Database, _shift + by, cancel);
        _shift += by;
        _clockSteps++;
    }

    private async Task KillAsync(CancellationToken cancel)
    {
        await using var command = Database.Owner.CreateCommand(
            """
            select count(pg_terminate_backend(pid)) from (
                select pid from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
                order by random() limit 1) as one
            """);
        _kills += (long)(await command.ExecuteScalarAsync(cancel))!;
    }
}
