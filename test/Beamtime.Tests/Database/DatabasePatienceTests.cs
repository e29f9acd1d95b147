using Beamtime.Core.Database;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Beamtime.Tests.Database;

public sealed class DatabasePatienceTests
{
    private static readonly PostgresException Outage = new("terminating connection", "FATAL", "FATAL", PostgresErrorCodes.AdminShutdown);

    private readonly DatabasePatience _patience = new(TimeProvider.System, NullLogger.Instance);

    [Fact]
    public async Task An_outage_in_the_middle_of_a_stop_ends_as_the_stop_and_not_as_a_fault()
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _patience.UnlessOutageAsync(
            async () =>
            {
                await stop.CancelAsync();
                return await Task.FromException<int>(Outage);
            },
            1,
            stop.Token));
    }

    [Fact]
    public async Task An_outage_gives_what_was_asked_for_instead() =>
        Assert.Equal(1, await _patience.UnlessOutageAsync(() => Task.FromException<int>(Outage), 1, TestContext.Current.CancellationToken));

    [Fact]
    public async Task What_is_no_outage_is_thrown()
    {
        var wrong = new PostgresException("no such table", "ERROR", "ERROR", PostgresErrorCodes.UndefinedTable);
        Assert.Same(wrong, await Assert.ThrowsAsync<PostgresException>(
            () => _patience.UnlessOutageAsync(() => Task.FromException<int>(wrong), 1, TestContext.Current.CancellationToken)));
    }
}
