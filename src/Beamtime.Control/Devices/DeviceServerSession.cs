using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>
/// A device server for as long as it is heard. What was asked of it is uncertain once it is lost: it may or may not have
/// been carried out.
/// </summary>
internal sealed class DeviceServerSession : IDisposable
{
    private readonly CancellationTokenSource _lost = new();
    private volatile Reason? _why;

    /// <summary>A session that has just begun.</summary>
    /// <param name="server">The device server.</param>
    public DeviceServerSession(Guid server)
    {
        Server = server;
        Lost = _lost.Token;
    }

    /// <summary>The device server; another one after each of its starts.</summary>
    public Guid Server { get; }

    /// <summary>Fires when it is lost.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Why it is lost; null while it is not.</summary>
    public Reason? Why => _why;

    /// <summary>Ends the session.</summary>
    /// <param name="why">Why.</param>
    public void End(Reason why)
    {
        _why = why;
        _lost.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose() => _lost.Dispose();
}
