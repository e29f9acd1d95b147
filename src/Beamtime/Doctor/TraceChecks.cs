using System.Net.Sockets;
using Beamtime.Core.Telemetry;
using Beamtime.Roles;

namespace Beamtime.Doctor;

/// <summary>The collector of traces, where one is set: whether somebody listens there.</summary>
internal static class TraceChecks
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Tries it; nothing where none is set.</summary>
    /// <param name="launch">The settings.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<Finding>> OfAsync(HostLaunch launch, CancellationToken cancel)
    {
        if (launch.Settings.Get<TelemetryOptions>().OtlpEndpoint is not { Length: > 0 } text)
        {
            return [];
        }

        Uri address = new(text);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Limit);
        try
        {
            using TcpClient tcp = new();
            await tcp.ConnectAsync(address.Host, address.Port, limit.Token);
            return [Finding.Ok("collector of traces", $"{address.Host}:{address.Port} listens")];
        }
        catch (SocketException error)
        {
            return [Finding.Warn("collector of traces", DoctorErrors.CollectorUnreachable, $"{address.Host}:{address.Port}: {error.Message}")];
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return [Finding.Warn("collector of traces", DoctorErrors.CollectorUnreachable, $"{address.Host}:{address.Port} does not answer within {Limit.TotalSeconds:0} s")];
        }
    }
}
