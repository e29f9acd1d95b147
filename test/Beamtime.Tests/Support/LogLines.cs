using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Beamtime.Tests.Support;

/// <summary>Keeps what is logged, so that a test can wait for it.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public async Task WaitForAsync(string part, CancellationToken cancel)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!Lines.Any(line => line.Contains(part, StringComparison.Ordinal)))
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), $"'{part}' is never logged.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancel);
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) => _lines.Enqueue(formatter(state, exception));

    public void Dispose()
    {
        // Nothing is held: what was logged stays readable after the program's end.
    }
}
