using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Jobs.Schedules;

/// <summary>
/// Which of several schedulers acts: who holds the row under its fence until its time. Whoever stands by watches the row;
/// one that has not been renewed for longer than a lease, by the watcher's own clock, is taken although a clock that was
/// set back says otherwise.
/// </summary>
/// <param name="source">The database.</param>
/// <param name="holder">Who asks, for people to read.</param>
/// <param name="time">The watcher's clock.</param>
internal sealed class SchedulerLease(NpgsqlDataSource source, string holder, TimeProvider time)
{
    /// <summary>How long it holds without being renewed.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(3);

    private const string Name = "scheduler";

    private const string Take = """
        insert into leases as l (name, holder, fence, lease_until, taken_at)
        select $1, $2, 1, clock.now + $3, clock.now from (select lease_clock() as now offset 0) as clock
        on conflict (name) do update set
            holder = excluded.holder, fence = l.fence + 1, lease_until = excluded.lease_until, taken_at = excluded.taken_at
        where l.lease_until <= lease_clock() or (l.fence = $4 and l.lease_until = $5)
        returning fence
        """;

    private const string Renew =
        "update leases set lease_until = lease_clock() + $3 where name = $1 and fence = $2";

    private const string Release = """
        update leases set lease_until = lease_clock() - interval '1 microsecond' where name = $1 and fence = $2
        """;

    private (long Fence, DateTime Until) _seen;
    private long _seenAt;

    /// <summary>Takes the lease if nobody holds it.</summary>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>The fence; null where another holds it.</returns>
    public async Task<long?> TakeAsync(CancellationToken cancel)
    {
        await WatchAsync(cancel);
        var isSilent = _seen.Fence > 0 && time.GetElapsedTime(_seenAt) > Length;
        await using var command = source.CreateCommand(Take);
        command.Parameters.Add(new() { Value = Name });
        command.Parameters.Add(new() { Value = holder });
        command.Parameters.Add(new() { Value = Length, NpgsqlDbType = NpgsqlDbType.Interval });
        command.Parameters.Add(new() { Value = isSilent ? _seen.Fence : -1L });
        command.Parameters.Add(new() { Value = isSilent ? _seen.Until : DateTime.UnixEpoch, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        return await command.ExecuteScalarAsync(cancel) as long?;
    }

    /// <summary>Renews the lease; false where another has taken it.</summary>
    /// <param name="fence">The fence it was taken under.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<bool> RenewAsync(long fence, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(Renew);
        command.Parameters.Add(new() { Value = Name });
        command.Parameters.Add(new() { Value = fence });
        command.Parameters.Add(new() { Value = Length, NpgsqlDbType = NpgsqlDbType.Interval });
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    /// <summary>Gives the lease up, so that another can take it at once.</summary>
    /// <param name="fence">The fence it was taken under.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task ReleaseAsync(long fence, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(Release);
        command.Parameters.Add(new() { Value = Name });
        command.Parameters.Add(new() { Value = fence });
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Who holds the lease or held it last; null where nobody ever did.</summary>
    /// <param name="source">The database.</param>
    /// <param name="cancel">Ends the call.</param>
    public static async Task<SchedulerStatus?> StatusAsync(NpgsqlDataSource source, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(
            "select holder, fence, taken_at, lease_until, lease_until > lease_clock() from leases where name = $1");
        command.Parameters.Add(new() { Value = Name });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? ReadStatus(reader) : null;
    }

    private static SchedulerStatus ReadStatus(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetInt64(1), row.GetFieldValue<DateTimeOffset>(2), row.GetFieldValue<DateTimeOffset>(3), row.GetBoolean(4));

    private async Task WatchAsync(CancellationToken cancel)
    {
        if (await StatusAsync(source, cancel) is { } seen && _seen != (seen.Fence, seen.LeaseUntil.UtcDateTime))
        {
            _seen = (seen.Fence, seen.LeaseUntil.UtcDateTime);
            _seenAt = time.GetTimestamp();
        }
    }
}

/// <summary>Which scheduler acts.</summary>
/// <param name="Holder">Who holds the lease, or held it last.</param>
/// <param name="Fence">How often it was taken.</param>
/// <param name="TakenAt">Since when, UTC.</param>
/// <param name="LeaseUntil">Until when without being renewed, UTC.</param>
/// <param name="IsActing">Whether it still holds.</param>
internal sealed record SchedulerStatus(
    string Holder, long Fence, DateTimeOffset TakenAt, DateTimeOffset LeaseUntil, bool IsActing);
