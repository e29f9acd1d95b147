using System.Globalization;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Telemetry;

/// <summary>
/// Looks at all things that the program depends on: side by side, each within a deadline, and not more often than once in
/// a shortest interval, however many ask. Remembers since when each is as it is.
/// </summary>
/// <param name="checks">What to look at.</param>
/// <param name="options">The bounds.</param>
/// <param name="time">The clock.</param>
internal sealed class HealthBoard(IEnumerable<HealthCheck> checks, TelemetryOptions options, TimeProvider time) : IDisposable
{
    private readonly HealthCheck[] _checks = [.. checks];
    private readonly SemaphoreSlim _one = new(1);
    private readonly Dictionary<string, HealthLine> _before = new(StringComparer.Ordinal);
    private HealthReport? _last;
    private long _lookedAt;

    /// <summary>How the program stands.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task<HealthReport> LookAsync(CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (_last is not null && time.GetElapsedTime(_lookedAt) < options.HealthInterval)
            {
                return _last;
            }

            var findings = await Task.WhenAll(_checks.Select(c => LookAsync(c, cancel)));
            cancel.ThrowIfCancellationRequested();
            var now = time.GetUtcNow();
            var lines = _checks.Zip(findings, (check, finding) => new HealthLine(
                check.Name,
                check.IsNeeded,
                finding,
                _before.GetValueOrDefault(check.Name) is { } line && line.Finding.State == finding.State ? line.Since : now)).ToList();
            lines.ForEach(l => _before[l.Name] = l);
            _lookedAt = time.GetTimestamp();
            return _last = new HealthReport(lines, now);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    // What a look throws is what it found: nobody else is there to hear of it.
    private async Task<HealthFinding> LookAsync(HealthCheck check, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(options.HealthDeadline);
        try
        {
            return await check.LookAsync(deadline.Token).WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return HealthFinding.Down(TelemetryErrors.CheckLate.Because(string.Create(
                CultureInfo.InvariantCulture, $"no answer within {options.HealthDeadline.TotalSeconds:0.###} s")));
        }
        catch (FaultException fault)
        {
            return HealthFinding.Down(fault.Reason);
        }
        catch (Exception error)
        {
            return HealthFinding.Down(TelemetryErrors.CheckFailed.Because(error.Message));
        }
    }
}
