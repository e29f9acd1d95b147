using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Jobs;

/// <summary>What jobs gave, for those who asked for them and wait.</summary>
/// <param name="database">The database.</param>
/// <param name="jobs">The jobs, for those that died.</param>
internal sealed class JobResults(BeamtimeDatabase database, JobStore jobs)
{
    private const string Channel = "jobs.results";

    // A job that dies announces nothing here.
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <summary>Keeps what a job gave, in the transaction that completes it.</summary>
    /// <typeparam name="TResult">What it gave.</typeparam>
    /// <param name="transaction">The transaction that completes the job.</param>
    /// <param name="job">The job.</param>
    /// <param name="result">What it gave.</param>
    /// <param name="json">The codec of the result.</param>
    /// <param name="cancel">Ends the call.</param>
    public static async Task KeepAsync<TResult>(
        DatabaseTransaction transaction, JobId job, TResult result, JsonTypeInfo<TResult> json, CancellationToken cancel)
    {
        await using var command = transaction.Command(
            "insert into job_results (job, result) values ($1, $2) on conflict (job) do update set result = excluded.result",
            job.Value);
        command.Parameters.Add(new NpgsqlParameter
        {
            Value = JsonSerializer.Serialize(result, json),
            NpgsqlDbType = NpgsqlDbType.Jsonb,
        });
        await command.ExecuteNonQueryAsync(cancel);
        transaction.NotifyAfterCommit(Channel);
    }

    /// <summary>Waits until a job has ended and returns what it gave.</summary>
    /// <typeparam name="TResult">What it gives.</typeparam>
    /// <param name="job">The job.</param>
    /// <param name="json">The codec of the result.</param>
    /// <param name="cancel">Ends the wait; the job goes on.</param>
    /// <exception cref="FaultException">The job died, with its last error; or was withdrawn.</exception>
    public async Task<TResult> AwaitAsync<TResult>(JobId job, JsonTypeInfo<TResult> json, CancellationToken cancel)
    {
        using var signal = database.Listener.Subscribe(Channel);
        while (true)
        {
            // The state is read before the result: both are committed at once.
            var record = await jobs.GetAsync(job, cancel)
                ?? throw JobErrors.NotFound.Fault($"There is no job {job}.");
            switch (record)
            {
                case { State: JobState.Dead, LastError: { } error }:
                    throw new FaultException(error);
                case { State: JobState.Cancelled }:
                    throw JobErrors.Withdrawn.Fault($"Job {job} ({record.Kind}) was cancelled.");
                case { State: JobState.Succeeded }:
                    return await ReadAsync(job, json, cancel);
            }

            await signal.WaitAsync(Poll, cancel);
        }
    }

    private async Task<TResult> ReadAsync<TResult>(JobId job, JsonTypeInfo<TResult> json, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand("select result from job_results where job = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = job.Value });
        return await command.ExecuteScalarAsync(cancel) is string result
            ? JsonSerializer.Deserialize(result, json)!
            : throw new InvalidOperationException($"Job {job} succeeded and gave no result.");
    }
}
