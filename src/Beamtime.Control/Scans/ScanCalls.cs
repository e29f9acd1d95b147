using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans;

/// <summary>Calls methods of devices for the code of one scan, and has them recorded.</summary>
/// <param name="devices">The devices that take part.</param>
/// <param name="instructions">The scan's instructions.</param>
/// <param name="operations">Told where a call may have moved what points believe to stand still.</param>
/// <param name="warn">Tells what did not end the scan.</param>
internal sealed class ScanCalls(
    ScanDevices devices, ScanInstructions instructions, PointOperations operations, Action<Reason> warn)
{
    private const int Recorded = 100;
    private int _calls;

    /// <summary>Records a call; gives why that could not be done, or null. Set before the scan's code runs.</summary>
    public Func<ScanCalled, Task<Reason?>>? Record { get; set; }

    /// <summary>Calls a method; one that changes the device at most once.</summary>
    /// <param name="device">The device.</param>
    /// <param name="method">The method.</param>
    /// <param name="arguments">Values in the order of its parameters.</param>
    /// <param name="point">Points taken so far.</param>
    /// <param name="cancel">Fires on abort.</param>
    public async ValueTask<Value> CallAsync(
        string device, string method, IReadOnlyList<Value> arguments, int point, CancellationToken cancel)
    {
        var (declared, fitted) = devices.CallOf(device, method, arguments);
        if (declared.IsMutating)
        {
            operations.Forget();
        }

        var called = new ScanCalled(device, method, [.. fitted.Select(v => ScanEnded.Shortened(v.ToString()))], null, null, point);
        try
        {
            var done = await instructions.AskAsync(
                [new Operation(0, OperationKind.Call, device, method)],
                instructions.Link.Options.SetDeadline,
                cancel,
                new InstructionDetails { Arguments = [.. fitted], IsOnce = declared.IsMutating });
            var given = done.Rows[device][0].Value;
            await RecordAsync(called with { Result = given.IsMissing ? null : ScanEnded.Shortened(given.ToString()) });
            return given;
        }
        catch (FaultException fault)
        {
            await RecordAsync(called with { Reason = fault.Reason });
            throw;
        }
    }

    // A scan that calls at each of many points is not to fill its record.
    private async Task RecordAsync(ScanCalled called)
    {
        var reason = ++_calls <= Recorded
            ? Record is null ? null : await Record(called)
            : _calls == Recorded + 1
                ? ScanErrors.CallsUnrecorded.Because($"More than {Recorded} calls of methods; further ones are not recorded.")
                : null;
        if (reason is not null)
        {
            warn(reason);
        }
    }
}
