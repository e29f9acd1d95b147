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

    /// <summary>Announces on a channel once this transaction has committed, never if it has not.</summary>
    public void NotifyAfterCommit(string channel) => _channels.Add(channel);

    public async Task CommitAsync(CancellationToken cancel)
    {
        await Inner.CommitAsync(cancel);
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
