using System.Security.Cryptography;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Access;

/// <summary>An answer that is given again.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="ContentType">The body's type; null for none.</param>
/// <param name="Location">Where what was made is found.</param>
/// <param name="Body">The body.</param>
internal sealed record KeptAnswer(int Status, string? ContentType, string? Location, byte[] Body);

/// <summary>What became of an attempt to claim a key.</summary>
internal abstract record KeyClaim
{
    /// <summary>The request is the caller's to carry out.</summary>
    /// <param name="Id">The claim.</param>
    internal sealed record Ours(Guid Id) : KeyClaim;

    /// <summary>It was carried out; this is its answer.</summary>
    /// <param name="Answer">The answer.</param>
    internal sealed record Answered(KeptAnswer Answer) : KeyClaim;

    /// <summary>The key was used for another request.</summary>
    /// <param name="Route">That one's route.</param>
    internal sealed record Reused(string Route) : KeyClaim;

    /// <summary>It is being carried out.</summary>
    internal sealed record Running : KeyClaim;

    /// <summary>It was begun, and whoever did has gone without an answer.</summary>
    /// <param name="ClaimedAt">When it was begun, UTC.</param>
    internal sealed record Abandoned(DateTimeOffset ClaimedAt) : KeyClaim;
}

/// <summary>Requests by the keys that they were sent with, and their answers.</summary>
/// <param name="database">The database.</param>
/// <param name="options">How long they are kept.</param>
/// <param name="time">The clock of new ids.</param>
internal sealed class IdempotencyStore(BeamtimeDatabase database, IdempotencyOptions options, TimeProvider time)
{
    private const int PrunedAtOnce = 1000;

    /// <summary>How long a claim holds without being renewed.</summary>
    public TimeSpan Lease => options.Lease;

    /// <summary>Claims a key for a request, before anything is done.</summary>
    /// <param name="who">The caller.</param>
    /// <param name="key">The key.</param>
    /// <param name="route">Method and path, for people.</param>
    /// <param name="sha256">The request's hash.</param>
    /// <param name="takesOver">True to carry an abandoned one out again.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<KeyClaim> ClaimAsync(
        PersonId who, string key, string route, byte[] sha256, bool takesOver, CancellationToken cancel)
    {
        await using (var insert = Command(
            """
            insert into idempotency_keys (who, key, claim, route, request_sha256, lease_until)
            values ($1, $2, $3, $4, $5, lease_clock() + $6) on conflict do nothing returning claim
            """,
            who,
            key))
        {
            insert.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7(time.GetUtcNow()) });
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = route });
            insert.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = sha256 });
            insert.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = options.Lease });
            if (await insert.ExecuteScalarAsync(cancel) is Guid claim)
            {
                return new KeyClaim.Ours(claim);
            }
        }

        return await LookAsync(who, key, sha256, cancel) switch
        {
            // Given back between the two statements: its holder was refused, and so would this one have been told to wait.
            null => new KeyClaim.Running(),
            KeyClaim.Abandoned abandoned => takesOver ? await TakeOverAsync(who, key, cancel) : abandoned,
            { } found => found,
        };
    }

    /// <summary>Holds a claim for another lease.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="cancel">Gives up.</param>
    public Task RenewAsync(Guid claim, CancellationToken cancel) => ChangeAsync(
        "update idempotency_keys set lease_until = lease_clock() + $2 where claim = $1 and answered_at is null",
        claim,
        [new NpgsqlParameter<TimeSpan> { TypedValue = options.Lease }],
        cancel);

    /// <summary>Keeps the answer.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="cancel">Gives up.</param>
    public Task AnswerAsync(Guid claim, KeptAnswer answer, CancellationToken cancel) => ChangeAsync(
        """
        update idempotency_keys
        set answered_at = lease_clock(), status = $2, content_type = $3, location = $4, body = $5
        where claim = $1 and answered_at is null
        """,
        claim,
        [
            new NpgsqlParameter<int> { TypedValue = answer.Status },
            Text(answer.ContentType),
            Text(answer.Location),
            new NpgsqlParameter<byte[]> { TypedValue = answer.Body },
        ],
        cancel);

    /// <summary>Forgets a request that was refused: nothing was done, so that it may be sent again.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="cancel">Gives up.</param>
    public Task ForgetAsync(Guid claim, CancellationToken cancel) =>
        ChangeAsync("delete from idempotency_keys where claim = $1 and answered_at is null", claim, [], cancel);

    /// <summary>Ends the lease of a request of which nobody knows whether it took effect.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="cancel">Gives up.</param>
    public Task AbandonAsync(Guid claim, CancellationToken cancel) => ChangeAsync(
        "update idempotency_keys set lease_until = lease_clock() where claim = $1 and answered_at is null", claim, [], cancel);

    /// <summary>Ends all leases: at the start of the only program that can hold any.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task AbandonAllAsync(CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            "update idempotency_keys set lease_until = lease_clock() where answered_at is null and lease_until > (select lease_clock())");
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Removes some of what was kept long enough; how many.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task<int> PruneAsync(CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            $"""
            delete from idempotency_keys where (who, key) in (
                select who, key from idempotency_keys where claimed_at < (select lease_clock()) - $1 and lease_until < (select lease_clock())
                order by claimed_at limit {PrunedAtOnce})
            """);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = options.Keep });
        return await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task<KeyClaim?> LookAsync(PersonId who, string key, byte[] sha256, CancellationToken cancel)
    {
        await using var command = Command(
            """
            select route, request_sha256, claimed_at, lease_until > lease_clock(), status, content_type, location, body
            from idempotency_keys where who = $1 and key = $2
            """,
            who,
            key);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return null;
        }

        if (!CryptographicOperations.FixedTimeEquals(await reader.GetFieldValueAsync<byte[]>(1, cancel), sha256))
        {
            return new KeyClaim.Reused(reader.GetString(0));
        }

        return reader.GetValue(4) is int status
            ? new KeyClaim.Answered(new KeptAnswer(
                status, reader.GetValue(5) as string, reader.GetValue(6) as string, await reader.GetFieldValueAsync<byte[]>(7, cancel)))
            : reader.GetBoolean(3)
                ? new KeyClaim.Running()
                : new KeyClaim.Abandoned(await reader.GetFieldValueAsync<DateTimeOffset>(2, cancel));
    }

    // One of several that ask at once takes it; the others wait for that one.
    private async Task<KeyClaim> TakeOverAsync(PersonId who, string key, CancellationToken cancel)
    {
        await using var command = Command(
            """
            update idempotency_keys set lease_until = lease_clock() + $3
            where who = $1 and key = $2 and answered_at is null and lease_until <= lease_clock() returning claim
            """,
            who,
            key);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = options.Lease });
        return await command.ExecuteScalarAsync(cancel) is Guid claim ? new KeyClaim.Ours(claim) : new KeyClaim.Running();
    }

    private async Task ChangeAsync(string sql, Guid claim, IReadOnlyList<NpgsqlParameter> parameters, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = claim });
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        await command.ExecuteNonQueryAsync(cancel);
    }

    private NpgsqlCommand Command(string sql, PersonId who, string key)
    {
        var command = database.Source.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = who.Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        return command;
    }

    private static NpgsqlParameter Text(string? value) =>
        new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
