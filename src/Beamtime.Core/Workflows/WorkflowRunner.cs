using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Workflows;

/// <summary>
/// The work of a workflow: plain code whose steps are remembered. It is run from its beginning each time its job is
/// claimed, and comes by its finished steps without running them.
/// </summary>
/// <typeparam name="TInput">What an instance is started with.</typeparam>
/// <typeparam name="TResult">What it returns.</typeparam>
/// <param name="workflow">The input and the steps.</param>
/// <param name="cancel">Set when the lease is lost or the worker stops; pass it on and let it through.</param>
internal delegate Task<TResult> WorkflowHandler<TInput, TResult>(
    WorkflowContext<TInput> workflow, CancellationToken cancel);

/// <summary>Runs workflows as jobs.</summary>
internal sealed class WorkflowRunner
{
    private const string Load = "select input, correlation from workflows where id = $1";

    private const string Succeed = """
        update workflows set state = 'Succeeded', result = $2, error = null, finished_at = lease_clock()
        where id = $1 and state = 'Running'
        """;

    private readonly BeamtimeDatabase _database;
    private readonly TimeProvider _time;
    private readonly Lock _drawing = new();
    private readonly Random _random;

    /// <summary>A runner.</summary>
    /// <param name="database">The database.</param>
    /// <param name="seed">Seed of the retries' jitter.</param>
    /// <param name="time">The clock of the pause in an outage.</param>
    public WorkflowRunner(BeamtimeDatabase database, int seed, TimeProvider time)
    {
        _database = database;
        _random = new Random(seed);
        _time = time;
    }

    /// <summary>Has a worker run a kind of workflow.</summary>
    /// <typeparam name="TInput">What an instance is started with.</typeparam>
    /// <typeparam name="TResult">What it returns.</typeparam>
    /// <param name="handlers">The worker's kinds.</param>
    /// <param name="kind">The kind in this version.</param>
    /// <param name="handler">Its work.</param>
    public void Add<TInput, TResult>(
        JobHandlers handlers, WorkflowKind<TInput, TResult> kind, WorkflowHandler<TInput, TResult> handler) =>
        handlers.Add(kind.Job, (job, cancel) => RunAsync(kind, handler, job.Hold, cancel));

    private async Task RunAsync<TInput, TResult>(
        WorkflowKind<TInput, TResult> kind,
        WorkflowHandler<TInput, TResult> handler,
        JobHold hold,
        CancellationToken cancel)
    {
        var id = new WorkflowId(hold.Job.Id.Value);
        var (input, correlation) = await LoadAsync(id, kind, cancel);
        var memory = new StepMemory(_database, hold);
        var steps = new StepRunner(_database, memory, await memory.LoadAsync(cancel), Draw, _time);
        TResult result;
        try
        {
            result = await handler(new WorkflowContext<TInput>(id, input, correlation, steps), cancel);
        }
        finally
        {
            await steps.SettleAsync();
        }

        steps.ThrowIfPostponed();
        await _database.TransactAsync(
            async transaction =>
            {
                await hold.CompleteAsync(transaction, cancel);
                await using var succeed = transaction.Command(Succeed, id.Value);
                succeed.Parameters.Add(new()
                {
                    Value = JsonSerializer.Serialize(result, kind.ResultJson),
                    NpgsqlDbType = NpgsqlDbType.Jsonb,
                });
                await succeed.ExecuteNonQueryAsync(cancel);
            },
            cancel);
    }

    private async Task<(TInput Input, Guid? Correlation)> LoadAsync<TInput, TResult>(
        WorkflowId id, WorkflowKind<TInput, TResult> kind, CancellationToken cancel)
    {
        await using var command = _database.Source.CreateCommand(Load);
        command.Parameters.Add(new() { Value = id.Value });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            throw WorkflowErrors.NotFound.Fault($"Job {id} drives a workflow that is not recorded.");
        }

        return (Read(id, kind, reader), ReadCorrelation(reader));
    }

    private static TInput Read<TInput, TResult>(WorkflowId id, WorkflowKind<TInput, TResult> kind, NpgsqlDataReader row)
    {
        try
        {
            return JsonSerializer.Deserialize(row.GetString(0), kind.InputJson)!;
        }
        catch (JsonException unreadable)
        {
            throw WorkflowErrors.Unreadable.Fault(
                $"The input of workflow {id} does not fit {kind.Name} version {kind.Version}: {unreadable.Message}", unreadable);
        }
    }

    private static Guid? ReadCorrelation(NpgsqlDataReader row) => row.IsDBNull(1) ? null : row.GetGuid(1);

    private double Draw()
    {
        lock (_drawing)
        {
            return _random.NextDouble();
        }
    }
}
