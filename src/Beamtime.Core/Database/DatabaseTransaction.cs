using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>
/// One transaction and what is to be announced once it has committed. Disposed without a commit it is rolled back. Keep
/// it short: an open one stalls every reader of the ledger, so none may wait for the outside.
/// </summary>
internal sealed class DatabaseTransaction : IAsyncDisposable
{
    private readonly Notifier _notifier;
    private readonly HashSet<string> _channels = new(StringComparer.Ordinal);
    private readonly List<NpgsqlBatchCommand> _last = [];

    public DatabaseTransaction(NpgsqlConnection connection, NpgsqlTransaction inner, Notifier notifier)
    {
        (Connection, Inner, _notifier) = (connection, inner, notifier);
    }

    public NpgsqlConnection Connection { get; }

    public NpgsqlTransaction Inner { get; }

    /// <summary>A command in this transaction; parameters are <c>$1</c>, <c>$2</c> … in order.</summary>
    public NpgsqlCommand Command(string sql, params ReadOnlySpan<object?> parameters)
    {
        var command = new NpgsqlCommand(sql, Connection, Inner);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter ?? DBNull.Value });
        }

        return command;
    }

    /// <summary>
    /// A statement that goes with the commit, in its round trip: for what must be in the transaction and whose result
    /// nobody reads. When it fails, nothing is committed.
    /// </summary>
    public void BeforeCommit(string sql, params ReadOnlySpan<object?> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter ?? DBNull.Value });
        }

        _last.Add(command);
    }

    /// <summary>Announces on a channel once this transaction has committed, never if it has not.</summary>
    public void NotifyAfterCommit(string channel) => _channels.Add(channel);

    public async Task CommitAsync(CancellationToken cancel)
    {
        if (_last.Count == 0)
        {
            await Inner.CommitAsync(cancel);
        }
        else
        {
            await using var batch = new NpgsqlBatch(Connection, Inner);
            foreach (var command in _last)
            {
                batch.BatchCommands.Add(command);
            }

            // Skipped by the server when one before it failed; the transaction then ends without it.
            batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
            await batch.ExecuteNonQueryAsync(cancel);
        }

        foreach (var channel in _channels)
        {
            _notifier.Notify(channel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Inner.DisposeAsync();
        await Connection.DisposeAsync();
    }
}
