using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Sdk.Scripts;

/// <summary>A scan that a script has had taken.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Id">Its id.</param>
/// <param name="File">Its master file, absolute.</param>
/// <param name="Points">Points in it.</param>
public sealed record ScriptScan(int Number, Guid Id, string File, int Points);

/// <summary>What a running server script may ask for. Each call is a step whose result is remembered.</summary>
public abstract class ScriptContext
{
    /// <summary>The run's id.</summary>
    public abstract Guid Id { get; }

    /// <summary>Has a scan taken and waits until its file is closed; no worker is held meanwhile.</summary>
    /// <param name="scan">The scan's name.</param>
    /// <param name="args">Positional arguments.</param>
    /// <param name="parameters">Named parameters.</param>
    /// <param name="cancel">Fires on abort, which aborts the scan.</param>
    /// <exception cref="RefusedException">It was refused, or did not complete: every reason.</exception>
    public abstract Task<ScriptScan> ScanAsync(
        string scan, IReadOnlyList<string> args, IReadOnlyDictionary<string, string> parameters, CancellationToken cancel);

    /// <summary>Moves positioners together and waits until all are there.</summary>
    /// <param name="targets">Device and target, in its unit.</param>
    /// <param name="cancel">Fires on abort, which stops them.</param>
    /// <exception cref="RefusedException">It was refused: every reason.</exception>
    /// <exception cref="FaultException">One did not get there.</exception>
    public abstract Task MoveAsync(IReadOnlyDictionary<string, double> targets, CancellationToken cancel);

    /// <summary>Sets a device, or one of its signals, and waits until it is there.</summary>
    /// <param name="device">The device, or <c>device.signal</c>.</param>
    /// <param name="target">The value, in its unit.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract Task SetAsync(string device, Value target, CancellationToken cancel);

    /// <summary>Reads a device's main signal, or another one, now.</summary>
    /// <param name="device">The device, or <c>device.signal</c>.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract Task<Value> ReadAsync(string device, CancellationToken cancel);

    /// <summary>Writes a line into the log of this run, once however often the code comes by.</summary>
    /// <param name="line">The line; of a long one the beginning.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract Task LogAsync(string line, CancellationToken cancel);

    /// <summary>Waits, across restarts, with no worker held.</summary>
    /// <param name="pause">How long.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract Task SleepAsync(TimeSpan pause, CancellationToken cancel);
}
