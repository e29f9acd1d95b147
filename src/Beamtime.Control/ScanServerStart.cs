using Beamtime.Control.Beamline;
using Beamtime.Control.Devices;
using Beamtime.Control.Procedures;
using Beamtime.Control.Runs;
using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Batons;
using Beamtime.Core.Topics.Spool;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Control;

/// <summary>
/// What a scan server does before it takes anything: it waits until a device server was heard, then reads the site's
/// description of the beamline and its procedures, which name devices, sets up the gate, and holds the procedures that ran
/// when a program died. Done once; the loops of the scan server wait for it, so that roles may start in any order.
/// </summary>
internal sealed class ScanServerStart(IServiceProvider services, DeviceBook book, DeviceWatch watch, TimeProvider time)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private readonly Lock _gate = new();
    private Task? _done;

    /// <summary>Does it, or waits until it is done.</summary>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="Beamtime.Sdk.Errors.RefusedException">All mistakes in the site's files.</exception>
    public Task DoAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            return (_done ??= DoOnceAsync(cancel)).WaitAsync(cancel);
        }
    }

    private async Task DoOnceAsync(CancellationToken cancel)
    {
        while (book.Server is null)
        {
            await Task.Delay(Poll, time, cancel);
            await watch.LookAsync(cancel);
        }

        var guard = services.GetRequiredService<ScanGuard>();
        guard.Require(services.GetRequiredService<GateKeeper>().Against);
        var baton = services.GetRequiredService<BatonKeeper>();
        await baton.LoadAsync(cancel);
        guard.RequireOfAsker((asker, _) => baton.Against(asker));
        var rights = new DeviceRights(services.GetRequiredService<BeamlineDescription>());
        guard.RequireOfAsker((asker, scan) => scan is null ? [] : rights.Against(asker, scan));
        var spool = services.GetRequiredService<RoleSpool>();
        guard.Require((_, _, _) => spool.IsNearlyFull
            ? [spool.Trouble?.Reason ?? SpoolErrors.NearlyFull.Because("what this role has said and nobody has taken fills four fifths of its spool")]
            : []);
        await services.GetRequiredService<ProcedureDesk>().HoldInterruptedAsync(cancel);
    }
}
